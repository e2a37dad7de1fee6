#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_object.h"

namespace tidemark::load::xiaoe {

/// A whole number of the API: a JSON number, or the same as text. nullopt for anything else.
[[nodiscard]] inline std::optional<std::int64_t> loose_integer(std::string_view value) {
  std::string unescaped;
  if (value.starts_with('"')) {
    unescaped = json_text(value).value_or("");
    value = unescaped;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return number;
}

}  // namespace tidemark::load::xiaoe
