#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidemark {

/// Chance as an input. Not thread-safe: one per thread.
class Random {
 public:
  virtual ~Random() = default;
  /// Uniform over all 64-bit values.
  [[nodiscard]] virtual std::uint64_t next() = 0;
  /// Uniform in [0, below); `below` must not be 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) {
    // Lemire's multiply-shift; its bias of limit/2^64 is far below anything seen here.
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * limit) >> 64);
  }
  /// Uniform in [0, 1).
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// From the operating system; for ids and jitter. Asks it for many numbers at once: one at a time
/// would cost more than what most ids are made for.
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override {
    if (used_ == numbers_.size()) refill();
    return numbers_[used_++];
  }

 private:
  void refill();

  std::array<std::uint64_t, 64> numbers_{};
  std::size_t used_ = numbers_.size();
};

/// The same numbers for the same seed on every machine (SplitMix64, Steele et al. 2014); for tests
/// and sample data.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tidemark
