#include "base/bytes.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/display_tables.h"

namespace tidemark {
namespace {

unsigned byte(char c) { return static_cast<unsigned char>(c); }

/// The code point of the valid sequence of `length` bytes at the front of `text`.
char32_t decode(std::string_view text, std::size_t length) {
  if (length == 1) return byte(text[0]);
  char32_t point = byte(text[0]) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(text[i]) & 0x3f);
  return point;
}

template <std::size_t size>
bool among(char32_t point, const display::CodePoints (&table)[size]) {
  const auto* const found = std::ranges::lower_bound(table, point, {}, &display::CodePoints::last);
  return found != std::end(table) && found->first <= point;
}

std::size_t columns_of(char32_t point) {
  if (point < 0x300) return 1;
  if (among(point, display::zero_width)) return 0;
  return among(point, display::wide) ? 2 : 1;
}

/// What could break a line apart or reorder it on a terminal: controls (C0, DEL, C1), line and
/// paragraph separators, overrides of the writing direction.
bool misleads(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

constexpr std::string_view ellipsis = "…";
constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& text, char c) {
  text += hex_digits[byte(c) >> 4];
  text += hex_digits[byte(c) & 15];
}

/// One character and how it is shown.
struct Piece {
  std::size_t bytes;
  std::size_t columns;
};

Piece first_piece(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return {1, 1};
  return {length, columns_of(decode(text, length))};
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned lead = byte(text[0]);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(text[i]) & 0xc0) != 0x80) return 0;
  // The second byte rules out overlong forms, surrogates and what is beyond U+10FFFF.
  const unsigned second = byte(text[1]);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
      (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    // Eight plain bytes at once: nearly all JSON is ASCII.
    while (text.size() >= 8) {
      std::uint64_t block = 0;
      std::copy_n(text.data(), sizeof block, reinterpret_cast<char*>(&block));
      if ((block & 0x8080808080808080U) != 0) break;
      text.remove_prefix(8);
    }
    if (text.empty()) return true;
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    columns += piece.columns;
    text.remove_prefix(piece.bytes);
  }
  return columns;
}

std::string fit_width(std::string_view text, std::size_t columns) {
  if (columns == 0) return {};
  // `kept` is where the text is cut if it turns out too long: one column is left for the ellipsis.
  std::size_t used = 0, at = 0, kept = 0;
  while (at < text.size()) {
    const Piece piece = first_piece(text.substr(at));
    used += piece.columns;
    at += piece.bytes;
    if (used < columns) kept = at;
    if (used > columns) return std::string{text.substr(0, kept)}.append(ellipsis);
  }
  return std::string{text};
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string shown;
  std::size_t kept = 0;  // where to cut so that the ellipsis fits
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::size_t taken = std::max<std::size_t>(length, 1);
    if (length == 0 || misleads(decode(text, length))) {
      for (const char c : text.substr(0, taken)) {
        shown += "\\x";
        append_hex(shown, c);
      }
    } else {
      shown += text.substr(0, taken);
    }
    text.remove_prefix(taken);
    if (shown.size() > limit) {
      shown.resize(kept);
      return limit < ellipsis.size() ? shown : shown.append(ellipsis);
    }
    if (shown.size() + ellipsis.size() <= limit) kept = shown.size();
  }
  return shown;
}

std::string hex(std::string_view bytes) {
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = hex_digits[byte(bytes[i]) >> 4];
    text[2 * i + 1] = hex_digits[byte(bytes[i]) & 15];
  }
  return text;
}

}  // namespace tidemark
