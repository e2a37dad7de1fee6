#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// Money: a whole number of units of 10^-scale. Exact; never a double. Up to 38 digits; what does
/// not fit is nullopt, never cut.
class Decimal {
 public:
  static constexpr int digits_max = 38;

  Decimal() = default;
  /// `scale` is 0..38.
  Decimal(std::int64_t units, int scale);

  /// `-12.340`, `.5`, `7.`; no exponent, no blanks, no thousands marks. Keeps trailing zeros.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);

  /// As many decimals as the scale says.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] int scale() const { return scale_; }
  [[nodiscard]] bool negative() const { return units_ < 0; }

  /// Exact; nullopt when more than 38 digits would be needed. The larger scale, the sum of the
  /// scales.
  [[nodiscard]] std::optional<Decimal> plus(const Decimal& other) const;
  [[nodiscard]] std::optional<Decimal> times(const Decimal& other) const;
  /// Half away from zero (the rule of EN 16931), or with more zeros.
  [[nodiscard]] std::optional<Decimal> rounded_to(int scale) const;

  /// By value: 1.0 equals 1.00.
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

 private:
  using Units = __int128;
  Decimal(Units units, int scale, bool /*wide*/) : units_(units), scale_(scale) {}
  [[nodiscard]] static std::optional<Units> scaled(Units units, int by);

  Units units_ = 0;
  int scale_ = 0;
};

}  // namespace tidemark
