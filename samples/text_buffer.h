#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace tidemark::samples {

/// Text of limited size that is put together from many small pieces, without allocating and, for
/// literals, with copies of known size: several times faster than std::string for our payloads.
class TextBuffer {
 public:
  TextBuffer() {}  // NOLINT: the bytes are written before they are read.

  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

  TextBuffer& operator+=(std::string_view text) {
    check(text.size() <= bytes_.size() - size_, "a text is longer than its buffer");
    std::memcpy(bytes_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  TextBuffer& operator+=(char c) { return *this += std::string_view(&c, 1); }

  /// In decimal, with zeros in front up to `width` (at most 20) digits.
  void add_number(std::uint64_t number, std::size_t width = 1) {
    char digits[20];
    std::size_t at = sizeof digits;
    while (number >= 100) {  // Two digits at a time: division is what this costs.
      const std::uint64_t pair = number % 100;
      number /= 100;
      digits[--at] = static_cast<char>('0' + pair % 10);
      digits[--at] = static_cast<char>('0' + pair / 10);
    }
    if (number >= 10) {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    }
    digits[--at] = static_cast<char>('0' + number);
    while (sizeof digits - at < width) digits[--at] = '0';
    *this += std::string_view(digits + at, sizeof digits - at);
  }

  /// `units` of 10^-`scale` (0 to 5) as a decimal: 1250, 2 gives 12.50.
  void add_scaled(std::int64_t units, std::size_t scale) {
    const auto size =
        units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
    if (units < 0) *this += '-';
    switch (scale) {  // The compiler turns a division by a constant into a multiplication.
      case 0:
        return add_number(size);
      case 1:
        return add_parts(size / 10, size % 10, 1);
      case 2:
        return add_parts(size / 100, size % 100, 2);
      case 3:
        return add_parts(size / 1'000, size % 1'000, 3);
      case 4:
        return add_parts(size / 10'000, size % 10'000, 4);
      default:
        check(scale == 5, "a scale beyond 5");
        return add_parts(size / 100'000, size % 100'000, 5);
    }
  }

 private:
  void add_parts(std::uint64_t whole, std::uint64_t fraction, std::size_t width) {
    add_number(whole);
    *this += '.';
    add_number(fraction, width);
  }

  std::array<char, 32 * 1024> bytes_;
  std::size_t size_ = 0;
};

}  // namespace tidemark::samples
