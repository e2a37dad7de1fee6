#include "cli/redaction.h"

#include "base/bytes.h"
#include "base/shell_word.h"
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

std::string redacted_command_line(std::string_view program, std::span<const std::string> words) {
  std::string line = shell_quoted(program);
  for (const std::string& word : words) line += " " + shell_quoted(redacted(word));
  return line;
}

}  // namespace tidemark::cli
