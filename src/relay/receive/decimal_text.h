#pragma once

#include <string_view>

namespace tidemark::receive {

/// `-100000.00`: up to 26 digits, then up to 12 decimals; no exponent, no blanks. What fits a
/// DECIMAL(38,12) without rounding (docs/wire/schema/voucher.json, `amount`).
[[nodiscard]] constexpr bool is_plain_decimal(std::string_view text) {
  constexpr std::size_t digits_max = 26;
  constexpr std::size_t decimals_max = 12;
  const auto digits = [&text] {
    std::size_t count = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      text.remove_prefix(1);
      ++count;
    }
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (const std::size_t before = digits(); before == 0 || before > digits_max) return false;
  if (text.empty()) return true;
  if (text[0] != '.') return false;
  text.remove_prefix(1);
  const std::size_t after = digits();
  return after > 0 && after <= decimals_max && text.empty();
}

}  // namespace tidemark::receive
