#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tidemark {

/// How long things took, in buckets: a few numbers, however many things there are. `upper_ends`: a
/// std::array of seconds, ascending.
template <const auto& upper_ends>
class Histogram {
 public:
  static constexpr auto& bounds = upper_ends;
  /// Of each bucket by itself; the last one is above all bounds.
  using Counts = std::array<std::uint64_t, upper_ends.size() + 1>;

  /// What is negative, as after the clock was set back, counts as nothing.
  void add(std::chrono::microseconds duration) {
    duration = std::max(duration, std::chrono::microseconds{});
    const double seconds = std::chrono::duration<double>(duration).count();
    const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++counts_.at(static_cast<std::size_t>(bucket));
    sum_ += duration;
  }
  void add(const Histogram& more) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_.at(i) += more.counts_.at(i);
    sum_ += more.sum_;
  }

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::chrono::microseconds sum() const { return sum_; }

 private:
  Counts counts_{};
  std::chrono::microseconds sum_{};
};

}  // namespace tidemark
