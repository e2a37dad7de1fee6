#include "cli/redaction.h"

#include "base/bytes.h"
#include "config/database_url.h"

namespace tidemark::cli {

namespace {

constexpr std::size_t word_bytes_max = 1000;

/// `mysql://u:p@h/d` and `--source=mysql://u:p@h/d` without the password.
std::string redacted(std::string_view word) {
  if (!word.contains("://")) return printable(word, word_bytes_max);
  const std::size_t equals = word.substr(0, word.find("://")).rfind('=');
  const std::size_t url = equals == std::string_view::npos ? 0 : equals + 1;
  return printable(word.substr(0, url)) + config::redacted_url(word.substr(url));
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!text.empty() && text.find_first_not_of(harmless) == std::string_view::npos)
    return std::string(text);
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'')
      quoted += R"('\'')";
    else
      quoted += letter;
  }
  return quoted + "'";
}

std::string redacted_command_line(std::string_view program, std::span<const std::string> words) {
  std::string line = shell_quoted(program);
  for (const std::string& word : words) line += " " + shell_quoted(redacted(word));
  return line;
}

}  // namespace tidemark::cli
