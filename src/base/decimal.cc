#include "base/decimal.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tidemark {
namespace {

using Units = __int128;

/// 10^0 … 10^38; the last is the first number that a Decimal cannot hold.
constexpr auto powers = [] {
  std::array<Units, Decimal::digits_max + 1> table{};
  Units power = 1;
  for (std::size_t i = 0;; ++i) {
    table[i] = power;
    if (i + 1 == table.size()) return table;
    power *= 10;
  }
}();

constexpr Units power_of_ten(int exponent) { return powers[static_cast<std::size_t>(exponent)]; }

bool fits(Units units) {
  return units < power_of_ten(Decimal::digits_max) && -units < power_of_ten(Decimal::digits_max);
}

}  // namespace

Decimal::Decimal(std::int64_t units, int scale) : units_(units), scale_(scale) {
  check(scale >= 0 && scale <= digits_max, "the scale of a Decimal is between 0 and 38");
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  Units units = 0;
  int scale = 0;
  bool digits = false, fraction = false;
  for (const char c : text) {
    if (c == '.') {
      if (fraction) return std::nullopt;
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = true;
    if (units >= power_of_ten(digits_max - 1)) return std::nullopt;
    units = units * 10 + (c - '0');
    if (fraction && ++scale > digits_max) return std::nullopt;
  }
  if (!digits) return std::nullopt;
  return Decimal{minus ? -units : units, scale, true};
}

std::string Decimal::text() const {
  std::array<char, digits_max + 3> buffer;  // sign, point, a zero before the point
  std::size_t at = buffer.size();
  Units rest = units_ < 0 ? -units_ : units_;
  for (int digit = 0; rest != 0 || digit <= scale_; ++digit, rest /= 10) {
    if (digit == scale_ && scale_ != 0) buffer[--at] = '.';
    buffer[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (units_ < 0) buffer[--at] = '-';
  return {buffer.data() + at, buffer.size() - at};
}

std::optional<Decimal::Units> Decimal::scaled(Units units, int by) {
  Units result = 0;
  if (__builtin_mul_overflow(units, power_of_ten(by), &result) || !fits(result))
    return std::nullopt;
  return result;
}

std::optional<Decimal> Decimal::plus(const Decimal& other) const {
  const int scale = std::max(scale_, other.scale_);
  const auto a = scaled(units_, scale - scale_);
  const auto b = scaled(other.units_, scale - other.scale_);
  Units sum = 0;
  if (!a || !b || __builtin_add_overflow(*a, *b, &sum) || !fits(sum)) return std::nullopt;
  return Decimal{sum, scale, true};
}

std::optional<Decimal> Decimal::times(const Decimal& other) const {
  const int scale = scale_ + other.scale_;
  Units product = 0;
  if (scale > digits_max || __builtin_mul_overflow(units_, other.units_, &product) ||
      !fits(product)) {
    return std::nullopt;
  }
  return Decimal{product, scale, true};
}

std::optional<Decimal> Decimal::rounded_to(int scale) const {
  if (scale < 0 || scale > digits_max) return std::nullopt;
  if (scale >= scale_) {
    const auto units = scaled(units_, scale - scale_);
    if (!units) return std::nullopt;
    return Decimal{*units, scale, true};
  }
  const Units unit = power_of_ten(scale_ - scale);
  const Units half = unit / 2;
  Units units = units_ / unit;
  const Units rest = units_ % unit;
  if (rest >= half) ++units;
  if (rest <= -half) --units;
  return Decimal{units, scale, true};
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  // Whole parts first, then the rests as units of 10^-38: neither can overflow, and both carry the
  // sign.
  const auto whole = [](const Decimal& d) { return d.units_ / power_of_ten(d.scale_); };
  const auto rest = [](const Decimal& d) {
    return d.units_ % power_of_ten(d.scale_) * power_of_ten(Decimal::digits_max - d.scale_);
  };
  if (const auto order = whole(a) <=> whole(b); order != 0) return order;
  return rest(a) <=> rest(b);
}

}  // namespace tidemark
