#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark {

/// The length of the valid UTF-8 sequence at the front of `text` (RFC 3629: no overlong forms, no
/// surrogates, at most U+10FFFF), or 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// Columns that `text` takes on a terminal: 2 for wide (Chinese, fullwidth, emoji), 0 for
/// combining marks, 1 else. Invalid bytes count 1 each.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Cut to at most `columns`, with an ellipsis if something was cut.
[[nodiscard]] std::string fit_width(std::string_view text, std::size_t columns);

/// For people and logs: control characters and invalid bytes as `\xNN`, at most `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 200);

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace tidemark
