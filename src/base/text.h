#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace tidemark {

/// The two languages of everything that a person reads. Log keys, ids and JSON stay English.
enum class Language { english, chinese };

/// A finished sentence in both languages. Built where it is known what happened; the one that
/// shows it (terminal, page) picks the language.
struct Message {
  std::string en;
  std::string zh;

  [[nodiscard]] const std::string& in(Language language) const {
    return language == Language::chinese ? zh : en;
  }
  [[nodiscard]] bool empty() const { return en.empty(); }
};

/// A sentence with holes, in both languages; both are checked against the arguments at compile
/// time. Written as `{"cannot open {}", "无法打开 {}"}`.
template <class... Args>
struct BasicText {
  fmt::format_string<Args...> en;
  fmt::format_string<Args...> zh;
};
template <class... Args>
using Text = BasicText<std::type_identity_t<Args>...>;

/// The word that goes with so many, in English: `1 file`, `0 files`.
[[nodiscard]] constexpr std::string_view plural(std::uint64_t count, std::string_view one,
                                                std::string_view many) {
  return count == 1 ? one : many;
}

/// Fills the holes.
template <class... Args>
[[nodiscard]] Message say(Text<Args...> text, Args&&... args) {
  return Message{fmt::vformat(text.en, fmt::make_format_args(args...)),
                 fmt::vformat(text.zh, fmt::make_format_args(args...))};
}

}  // namespace tidemark
