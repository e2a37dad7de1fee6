#include "cli/redaction.h"

namespace tidemark::cli {

std::string redacted_url(std::string_view word) {
  const std::size_t scheme_end = word.find("://");
  if (scheme_end == std::string_view::npos) return std::string(word);
  const std::size_t user = scheme_end + 3;
  const std::size_t colon = word.find(':', user);
  const std::size_t at = word.rfind('@');
  if (colon == std::string_view::npos || at == std::string_view::npos || at < colon)
    return std::string(word);
  return std::string(word.substr(0, colon + 1)) + "***" + std::string(word.substr(at));
}

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
  for (const std::string& word : words) line += " " + shell_quoted(redacted_url(word));
  return line;
}

}  // namespace tidemark::cli
