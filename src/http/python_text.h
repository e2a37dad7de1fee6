#pragma once

#include <string>
#include <string_view>

namespace tidemark::http {

/// How Python 3 writes the parts of a JSON document, byte for byte (`json.dumps` with its
/// defaults).

/// A float literal of JSON (with a fraction or an exponent) as `repr(float(literal))` gives it: the
/// shortest digits that read back the same, an exponent of at least two digits below 1e-4 and from
/// 1e16 on, `.0` else; `Infinity` beyond the range of a double. The literal must be valid.
[[nodiscard]] std::string python_float(std::string_view literal);

/// A string in quotes, ASCII only: `\"`, `\\`, `\n`, `\r`, `\t`, `\f`, `\b`, and `\uXXXX` in lower
/// case for every other control character, DEL and everything beyond (pairs of surrogates above
/// U+FFFF). `text` is UTF-8 in which lone surrogates may stand as three bytes (WTF-8).
void append_python_string(std::string& out, std::string_view text);

/// Appends a code point, surrogates too, as WTF-8. The order of such texts by bytes is their order
/// by code points, which is Python's order of `str`.
void append_wtf8(std::string& out, char32_t point);

}  // namespace tidemark::http
