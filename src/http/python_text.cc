#include "http/python_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "base/check.h"

namespace tidemark::http {
namespace {

/// Decimal exponents beyond which a double can only be infinite, or zero.
constexpr std::int64_t exponent_infinite = 310;
constexpr std::int64_t exponent_zero = -330;
/// Where repr() changes to an exponent.
constexpr int exponent_from = 16;
constexpr int exponent_below = -4;

/// The exponent as written, held within what an addition of lengths cannot overflow.
std::int64_t written_exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max() / 4;
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error == std::errc::result_out_of_range) return text.starts_with('-') ? -far : far;
  return std::clamp(exponent, -far, far);
}

/// The literal without its sign as a double. Read from significant digits and one exponent, so
/// that neither a long row of zeros nor a huge exponent meets a limit of from_chars.
double magnitude_of(std::string_view literal) {
  const std::size_t mark = literal.find_first_of("eE");
  const std::string_view mantissa = literal.substr(0, mark);
  std::int64_t exponent =
      mark == std::string_view::npos ? 0 : written_exponent(literal.substr(mark + 1));

  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return 0.0;
  exponent += first < point ? static_cast<std::int64_t>(point - first) - 1
                            : -static_cast<std::int64_t>(first - point);
  if (exponent > exponent_infinite) return std::numeric_limits<double>::infinity();
  if (exponent < exponent_zero) return 0.0;

  std::string normal(1, mantissa[first]);
  normal += '.';
  std::ranges::copy_if(mantissa.substr(first + 1), std::back_inserter(normal),
                       [](char c) { return c != '.'; });
  if (normal.ends_with('.')) normal += '0';
  normal += 'e' + std::to_string(exponent);
  double value = 0;
  const auto [end, error] = std::from_chars(normal.data(), normal.data() + normal.size(), value);
  if (error == std::errc::result_out_of_range) {
    return exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  }
  check(error == std::errc() && end == normal.data() + normal.size(), "the literal is a number");
  return value;
}

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_escaped_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex_digits[unit >> shift & 15];
}

void append_escaped(std::string& out, char32_t point) {
  if (point < 0x10000) {
    append_escaped_unit(out, point);
    return;
  }
  append_escaped_unit(out, 0xd800 + ((point - 0x10000) >> 10));
  append_escaped_unit(out, 0xdc00 + (point & 0x3ff));
}

/// The short escape of a character, or 0.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\f':
      return 'f';
    case '\b':
      return 'b';
    default:
      return 0;
  }
}

/// Reads one code point of WTF-8 at `at` and moves behind it.
char32_t next_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  check(at + length <= text.size(), "the text is WTF-8");
  char32_t point = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
  }
  at += length;
  return point;
}

}  // namespace

std::string python_float(std::string_view literal) {
  std::string text;
  if (literal.starts_with('-')) {
    text = '-';
    literal.remove_prefix(1);
  }
  const double value = magnitude_of(literal);
  if (std::isinf(value)) return text + "Infinity";
  if (value == 0) return text + "0.0";

  char shortest[32];  // "1.7976931348623157e+308" and room.
  const auto written =
      std::to_chars(std::begin(shortest), std::end(shortest), value, std::chars_format::scientific);
  const std::string_view scientific(shortest, static_cast<std::size_t>(written.ptr - shortest));
  const std::size_t mark = scientific.find('e');
  const int exponent = static_cast<int>(written_exponent(scientific.substr(mark + 1)));
  // to_chars writes d.ddde+XX with at least two digits of exponent, as Python does.
  if (exponent >= exponent_from || exponent < exponent_below) return text.append(scientific);

  std::string digits(scientific.substr(0, mark));
  std::erase(digits, '.');
  if (exponent < 0) {
    return text.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return text.append(digits).append(whole - digits.size(), '0').append(".0");
  }
  return text.append(digits, 0, whole).append(".").append(digits, whole);
}

void append_python_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (const char escape = short_escape(c); escape != 0) {
      out += '\\';
      out += escape;
      ++at;
    } else if (c >= ' ' && c <= '~') {
      out += c;
      ++at;
    } else {
      append_escaped(out, next_point(text, at));
    }
  }
  out += '"';
}

void append_wtf8(std::string& out, char32_t point) {
  const auto add = [&out](char32_t byte) { out += static_cast<char>(byte); };
  const auto follow = [&](int shift) { add(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0 | point >> 6);
    follow(0);
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    follow(6);
    follow(0);
  } else {
    add(0xf0 | point >> 18);
    follow(12);
    follow(6);
    follow(0);
  }
}

}  // namespace tidemark::http
