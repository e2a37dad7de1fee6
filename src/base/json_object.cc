#include "base/json_object.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tidemark {
namespace {

constexpr std::string_view blanks = " \t\r\n";

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The next byte from `at` on that is one of `wanted`; the end if there is none. 16 bytes at a
/// time: a page of a list is a quarter of a megabyte.
template <char... wanted>
std::size_t find_next(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
#ifdef __SSE2__
  for (; text.size() - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    __m128i found = _mm_setzero_si128();
    ((found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(wanted)))), ...);
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && !((text[at] == wanted) || ...)) ++at;
  return at;
}

/// Behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (at = find_next<'"', '\\'>(text, at + 1); at < text.size();
       at = find_next<'"', '\\'>(text, at + 2))
    if (text[at] == '"') return at + 1;
  return text.size();
}

/// Behind the value that begins at `at`; the text is known to be valid.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] == '"') return string_end(text, at);
  if (text[at] != '{' && text[at] != '[') return text.find_first_of(",]} \t\r\n", at);
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = string_end(text, at) - 1;
        break;
      case '{':
      case '[':
        ++depth;
        break;
      default:
        if (--depth == 0) return at + 1;
        break;
    }
    at = find_next<'"', '{', '[', '}', ']'>(text, at + 1);
  }
  return at;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xc0 | (point >> 6));
    byte(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    byte(0xe0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3f));
    byte(0x80 | (point & 0x3f));
  } else {
    byte(0xf0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3f));
    byte(0x80 | ((point >> 6) & 0x3f));
    byte(0x80 | (point & 0x3f));
  }
}

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

struct Unescaped {
  std::string text{};
  bool lone_surrogate = false;
};

Unescaped unescape(std::string_view body) {
  constexpr std::uint32_t replacement = 0xfffd;
  Unescaped result;
  if (!body.contains('\\')) {
    result.text = body;
    return result;
  }
  result.text.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    const std::size_t plain = std::min(body.find('\\', i), body.size());
    result.text += body.substr(i, plain - i);
    if (plain == body.size()) break;
    i = plain;
    switch (const char kind = body[++i]) {
      case 'b':
        result.text += '\b';
        break;
      case 'f':
        result.text += '\f';
        break;
      case 'n':
        result.text += '\n';
        break;
      case 'r':
        result.text += '\r';
        break;
      case 't':
        result.text += '\t';
        break;
      case 'u': {
        std::uint32_t point = hex4(body.substr(i + 1, 4));
        i += 4;
        const bool high = point >= 0xd800 && point < 0xdc00;
        if (high && body.substr(i + 1, 2) == "\\u") {
          const std::uint32_t low = hex4(body.substr(i + 3, 4));
          if (low >= 0xdc00 && low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
          }
        }
        if (point >= 0xd800 && point < 0xe000) {
          result.lone_surrogate = true;
          point = replacement;
        }
        append_utf8(result.text, point);
        break;
      }
      default:
        result.text += kind;
    }
  }
  return result;
}

/// `quoted` with its quotes.
Unescaped unescaped(std::string_view quoted) {
  return unescape(quoted.substr(1, quoted.size() - 2));
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const std::size_t next = text.find_first_not_of(blanks, at);
  return next == std::string_view::npos ? text.size() : next;
}

}  // namespace

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('{')) return std::nullopt;
  std::vector<JsonMember> members;
  std::size_t at = skip_blanks(text, 1);
  while (at < text.size() && text[at] == '"') {
    const std::size_t name_end = string_end(text, at);
    std::string name = unescaped(text.substr(at, name_end - at)).text;
    at = skip_blanks(text, text.find(':', name_end) + 1);
    const std::size_t end = value_end(text, at);
    members.push_back({std::move(name), text.substr(at, end - at)});
    at = skip_blanks(text, skip_blanks(text, end) + 1);  // Behind the comma, or the brace.
  }
  return members;
}

std::optional<std::string_view> json_value_of(std::string_view text, std::string_view name) {
  text = trimmed(text);
  if (!text.starts_with('{')) return std::nullopt;
  std::size_t at = skip_blanks(text, 1);
  while (at < text.size() && text[at] == '"') {
    const std::size_t name_end = string_end(text, at);
    const std::string_view body = text.substr(at + 1, name_end - at - 2);
    at = skip_blanks(text, text.find(':', name_end) + 1);
    const std::size_t end = value_end(text, at);
    if (body == name || (body.contains('\\') && unescape(body).text == name))
      return text.substr(at, end - at);
    at = skip_blanks(text, skip_blanks(text, end) + 1);  // Behind the comma, or the brace.
  }
  return std::nullopt;
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('[')) return std::nullopt;
  std::vector<std::string_view> elements;
  std::size_t at = skip_blanks(text, 1);
  while (at < text.size() && text[at] != ']') {
    const std::size_t end = value_end(text, at);
    elements.push_back(text.substr(at, end - at));
    at = skip_blanks(text, end);
    if (at < text.size() && text[at] == ',') at = skip_blanks(text, at + 1);
  }
  return elements;
}

std::optional<std::string> json_text(std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('"')) return std::nullopt;
  Unescaped result = unescaped(text);
  if (result.lone_surrogate) return std::nullopt;
  return std::move(result.text);
}

std::string json_unescaped(std::string_view between_quotes) {
  return unescape(between_quotes).text;
}

std::string json_compact(std::string_view text) {
  std::string out;
  append_json_compact(out, text);
  return out;
}

void append_json_compact(std::string& out, std::string_view text) {
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = string_end(text, at);
    } else if (is_blank(text[at])) {
      out.append(text.substr(copied, at - copied));
      at = copied = skip_blanks(text, at);
    } else {
      ++at;
    }
  }
  out.append(text.substr(copied));
}

}  // namespace tidemark
