#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// RFC 4648 section 4: the standard alphabet, with padding, no line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);

/// Strict: the standard alphabet only, padding where it belongs, no blanks, and the unused bits of
/// the last character zero, so that each sequence of bytes has exactly one text. Else nullopt.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace tidemark
