#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark {

/// The integer in decimal digits that `text` is from its first to its last byte: `17`, `-3`,
/// `0042`. Nullopt for anything else: empty, `+17`, ` 17`, `17x`, what `Number` cannot hold.
template <std::integral Number = std::int64_t>
[[nodiscard]] std::optional<Number> parse_integer(std::string_view text) {
  Number number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace tidemark
