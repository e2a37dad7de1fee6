#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::exporter {

/// Longest part of a path in bytes, without extension and collision mark; file systems allow 255.
inline constexpr std::size_t path_part_bytes_max = 200;

/// One value made fit for a path: `/ \ : * ? " < > |`, blanks, control characters (also C1, bidi
/// and zero-width ones) and each byte of invalid UTF-8 become `_`; letters of every script stay.
[[nodiscard]] std::string clean_value(std::string_view value);
/// Likewise, at the end of `text`.
void append_clean_value(std::string& text, std::string_view value);

/// One whole part of a path, made of cleaned values: empty becomes `_`, a leading `.` or `-`
/// becomes `_`, and what is longer than path_part_bytes_max is cut at a character and gets `~` and
/// 8 hex digits of a hash of the whole. The result is never empty, `.` or `..` and has no `/`.
[[nodiscard]] std::string clean_part(std::string part);

/// clean_part(clean_value(value)).
[[nodiscard]] std::string clean_component(std::string_view value);

/// Two names with the same fold are the same file on a file system that ignores case.
[[nodiscard]] std::string fold_case(std::string_view text);
/// Into `folded`, whose memory is used again.
void fold_case(std::string_view text, std::string& folded);

}  // namespace tidemark::exporter
