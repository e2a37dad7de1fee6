#include "base/shell_word.h"

namespace tidemark {

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!text.empty() && text.find_first_not_of(harmless) == std::string_view::npos)
    return std::string(text);
  return "'" + inside_single_quotes(text) + "'";
}

std::string inside_single_quotes(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\'')
      escaped += R"('\'')";
    else
      escaped += letter;
  }
  return escaped;
}

}  // namespace tidemark
