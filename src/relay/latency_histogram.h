#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tidemark::relay {

/// How long deliveries took, in buckets. Twenty numbers, however many deliveries there are.
class LatencyHistogram {
 public:
  /// Seconds, the upper ends: milliseconds while all is well, 1 s and 5 s of the promise, 180 s and
  /// 300 s of the alerts, and the long tail of the retries (about 3 days).
  static constexpr std::array<double, 19> bounds = {0.005, 0.01,  0.025,  0.05,   0.1,    0.25, 0.5,
                                                    1,     2.5,   5,      10,     30,     60,   180,
                                                    300,   3'600, 21'600, 86'400, 259'200};

  /// What is negative, as after the clock was set back, counts as nothing.
  void add(std::chrono::microseconds latency) {
    latency = std::max(latency, std::chrono::microseconds{});
    const double seconds = std::chrono::duration<double>(latency).count();
    const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++counts_.at(static_cast<std::size_t>(bucket));
    sum_ += latency;
  }
  void add(const LatencyHistogram& more) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_.at(i) += more.counts_.at(i);
    sum_ += more.sum_;
  }

  /// Of each bucket by itself; the last one is above all bounds.
  [[nodiscard]] const std::array<std::uint64_t, bounds.size() + 1>& counts() const {
    return counts_;
  }
  [[nodiscard]] std::chrono::microseconds sum() const { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  std::chrono::microseconds sum_{};
};

}  // namespace tidemark::relay
