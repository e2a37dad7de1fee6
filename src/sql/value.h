#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tidemark::sql {

/// Bytes that are not text (BLOB, BYTEA).
struct Blob {
  std::string bytes;
};

/// A value on its way into a statement: NULL, an integer, text, or bytes. Decimals and times travel
/// as text, so that nothing is rounded.
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;
using Values = std::vector<Value>;

}  // namespace tidemark::sql
