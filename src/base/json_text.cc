#include "base/json_text.h"

#include <algorithm>

#include "base/bytes.h"

namespace tidemark {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void append_escaped(std::string& out, char c, JsonTextStyle style) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += '\\';
  if (byte >= 0x20) {
    out += c;
  } else if (c == '\n' && style.short_line_feed) {
    out += 'n';
  } else {
    out += "u00";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

/// The length of what can be taken over at the front: up to the first byte that is escaped or, if
/// these are replaced, is no UTF-8.
std::size_t plain_length(std::string_view text, JsonTextStyle style) {
  std::size_t length = 0;
  while (length < text.size() && is_plain(text[length])) {
    const bool ascii = static_cast<unsigned char>(text[length]) < 0x80;
    const std::size_t character =
        ascii || !style.replace_invalid ? 1 : utf8_length(text.substr(length));
    if (character == 0) break;
    length += character;
  }
  return length;
}

/// Takes the digits off the front; how many.
std::size_t take_digits(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text, JsonTextStyle style) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_length(text, style);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (is_plain(text.front())) {
      out += replacement;
    } else {
      append_escaped(out, text.front(), style);
    }
    text.remove_prefix(1);
  }
  out += '"';
}

bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t digits = take_digits(text);
  if (digits == 0 || (zero && digits > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  return text.empty();
}

}  // namespace tidemark
