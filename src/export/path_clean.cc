#include "export/path_clean.h"

#include <fmt/format.h>
#include <wctype.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "export/content_hash.h"

namespace tidemark::exporter {
namespace {

/// Decodes the valid sequence of `length` bytes at the front.
char32_t decode(std::string_view text, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  switch (length) {
    case 1:
      return byte(0);
    case 2:
      return ((byte(0) & 0x1fu) << 6) | (byte(1) & 0x3fu);
    case 3:
      return ((byte(0) & 0x0fu) << 12) | ((byte(1) & 0x3fu) << 6) | (byte(2) & 0x3fu);
    default:
      return ((byte(0) & 0x07u) << 18) | ((byte(1) & 0x3fu) << 12) | ((byte(2) & 0x3fu) << 6) |
             (byte(3) & 0x3fu);
  }
}

void encode(char32_t point, std::string& text) {
  const auto push = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) {
    push(point);
  } else if (point < 0x800) {
    push(0xc0 | (point >> 6));
    push(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    push(0xe0 | (point >> 12));
    push(0x80 | ((point >> 6) & 0x3f));
    push(0x80 | (point & 0x3f));
  } else {
    push(0xf0 | (point >> 18));
    push(0x80 | ((point >> 12) & 0x3f));
    push(0x80 | ((point >> 6) & 0x3f));
    push(0x80 | (point & 0x3f));
  }
}

constexpr bool is_between(char32_t point, char32_t first, char32_t last) {
  return point >= first && point <= last;
}

/// Blanks, control and invisible format characters outside ASCII.
constexpr bool is_invisible(char32_t point) {
  return is_between(point, 0x80, 0xa0) || point == 0xad || point == 0x1680 || point == 0x180e ||
         is_between(point, 0x2000, 0x200f) || is_between(point, 0x2028, 0x202f) ||
         is_between(point, 0x205f, 0x206f) || point == 0x3000 || point == 0xfeff ||
         is_between(point, 0xfff9, 0xfffb) || is_between(point, 0xe0000, 0xe007f);
}

constexpr bool is_forbidden(char32_t point) {
  if (point >= 0x80) return is_invisible(point);
  return point <= 0x20 || point == 0x7f ||
         std::string_view("/\\:*?\"<>|").contains(static_cast<char>(point));
}

/// By byte: ASCII that may stand in a name. Nearly all names consist of these alone.
constexpr std::array<bool, 256> kept_ascii = [] {
  std::array<bool, 256> kept{};
  for (std::size_t byte = 0; byte < 0x80; ++byte) {
    kept[byte] = !is_forbidden(static_cast<char32_t>(byte));
  }
  return kept;
}();

/// Lower-casing that does not depend on the user's locale.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

}  // namespace

std::string clean_value(std::string_view value) {
  std::string text;
  append_clean_value(text, value);
  return text;
}

void append_clean_value(std::string& text, std::string_view value) {
  const auto is_kept = [](char c) { return kept_ascii[static_cast<unsigned char>(c)]; };
  if (std::ranges::all_of(value, is_kept)) {
    text += value;
    return;
  }
  while (!value.empty()) {
    const std::size_t length = utf8_length(value);
    if (length == 0) {
      text += '_';
      value.remove_prefix(1);
      continue;
    }
    if (is_forbidden(decode(value, length))) {
      text += '_';
    } else {
      text += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
}

std::string clean_part(std::string part) {
  if (part.empty()) return "_";
  if (part.front() == '.' || part.front() == '-') part.front() = '_';
  if (part.size() <= path_part_bytes_max) return part;
  const std::string mark = "~" + short_hash(part);
  std::size_t cut = path_part_bytes_max - mark.size();
  while ((static_cast<unsigned char>(part[cut]) & 0xc0) == 0x80) --cut;
  part.resize(cut);
  return part + mark;
}

std::string clean_component(std::string_view value) { return clean_part(clean_value(value)); }

std::string fold_case(std::string_view text) {
  std::string folded;
  fold_case(text, folded);
  return folded;
}

void fold_case(std::string_view text, std::string& folded) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, is_ascii)) {
    folded.resize(text.size());
    std::ranges::transform(text, folded.begin(), lower);
    return;
  }
  folded.clear();
  while (!text.empty()) {
    if (is_ascii(text.front())) {
      folded += lower(text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      folded += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto point = static_cast<wint_t>(decode(text, length));
    encode(static_cast<char32_t>(towlower_l(point, unicode_locale())), folded);
    text.remove_prefix(length);
  }
}

}  // namespace tidemark::exporter
