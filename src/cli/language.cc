#include "cli/language.h"

#include <algorithm>
#include <cctype>

namespace tidemark::cli {
namespace {

/// The value of the last `--lang`, as the parser takes it.
std::optional<std::string_view> language_flag(std::span<const std::string> arguments) {
  constexpr std::string_view flag = "--lang";
  std::optional<std::string_view> found;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") break;
    if (argument == flag && i + 1 < arguments.size()) {
      found = arguments[i + 1];
    } else if (argument.starts_with(flag) && argument.substr(flag.size()).starts_with("=")) {
      found = argument.substr(flag.size() + 1);
    }
  }
  return found;
}

}  // namespace

std::optional<Language> parse_language(std::string_view text) {
  // The language subtag ends at a country (-CN, _CN), a charset (.UTF-8) or a modifier (@pinyin).
  std::string subtag(text.substr(0, text.find_first_of("-_.@")));
  std::ranges::transform(subtag, subtag.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  if (subtag == "zh") return Language::chinese;
  if (subtag == "en") return Language::english;
  return std::nullopt;
}

Language choose_language(std::span<const std::string> arguments,
                         const config::Environment& environment, std::optional<Language> preset) {
  if (const auto flag = language_flag(arguments)) {
    if (const auto language = parse_language(*flag)) return *language;
  }
  if (const auto variable = environment("TIDEMARK_LANG")) {
    if (const auto language = parse_language(*variable)) return *language;
  }
  if (preset) return *preset;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (const auto locale = environment(name); locale && !locale->empty())
      return parse_language(*locale).value_or(Language::english);
  }
  return Language::english;
}

}  // namespace tidemark::cli
