#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tidemark::http {

struct JsonMember;

/// A JSON value as Python's `json.loads` understands it. Scalars are kept as the text in which
/// Python would write them again, so money is neither rounded nor reformatted on the way.
struct JsonTree {
  using Array = std::vector<JsonTree>;
  using Object = std::vector<JsonMember>;  ///< In the order of the text, repeated names included.
  std::variant<std::string, Array, Object> value;
};

struct JsonMember {
  std::string name;  ///< Unescaped, WTF-8 (http/python_text.h).
  JsonTree tree;
};

/// The text may nest so deep; Python's own limit is its stack, about 1,000 frames.
inline constexpr std::size_t json_nesting_max = 1000;
/// Python refuses to read a longer integer (since 3.11 and the security fixes of 3.7 to 3.10).
inline constexpr std::size_t python_integer_digits_max = 4300;

/// Reads what Python's `json.loads` reads: RFC 8259, and also NaN, Infinity and -Infinity. Narrower
/// than Python in three ways: UTF-8 only, no byte order mark, no surrogates encoded as UTF-8.
/// Error: rejected, with the byte offset.
[[nodiscard]] Result<JsonTree> parse_json_tree(std::string_view text);

}  // namespace tidemark::http
