#include "sql/sqlite/real_text.h"

#include <array>
#include <charconv>
#include <cmath>
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

}  // namespace tidemark::sql
