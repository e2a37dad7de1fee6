#pragma once

#include <string>
#include <string_view>

namespace tidemark {

struct JsonTextStyle {
  /// Bytes that are no UTF-8 become U+FFFD, one each. Otherwise the text must be UTF-8: its bytes
  /// are taken as they are.
  bool replace_invalid = false;
  /// A line feed is `\n`; otherwise `\u000a`, as every other control character.
  bool short_line_feed = false;
};

/// Appends `text` as a JSON string (RFC 8259) in quotes. Only `"`, `\` and the control characters
/// below U+0020 are escaped; Chinese and all other UTF-8 stays as it is.
void append_json_text(std::string& out, std::string_view text, JsonTextStyle style = {});

/// Whether `text` is a number as RFC 8259 writes it, and so may stand in JSON digit for digit.
[[nodiscard]] bool is_json_number(std::string_view text);

}  // namespace tidemark
