#include "sql/sqlite/real_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <system_error>

#include "base/check.h"

namespace tidemark::sql {

std::string real_text(double value) {
  if (std::isinf(value)) return value < 0 ? "-Inf" : "Inf";
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  check(error == std::errc{}, "the shortest text of a double fits into 32 bytes");
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

bool is_real_text(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && real_text(value) == text;
}

std::string real_expression(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  if (std::isinf(value)) return value < 0 ? "-9e999" : "9e999";
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  constexpr int digits = std::numeric_limits<double>::digits;
  exponent -= digits;
  // A whole number, and powers of two: no step is rounded.
  std::string expression =
      fmt::format("(CAST({} AS REAL)", static_cast<std::int64_t>(std::ldexp(fraction, digits)));
  const char sign = exponent < 0 ? '/' : '*';
  for (int left = std::abs(exponent); left > 0; left -= 62) {
    expression += fmt::format(" {} {}", sign, std::int64_t{1} << std::min(left, 62));
  }
  return expression + ")";
}

}  // namespace tidemark::sql
