#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace tidemark::load::xiaoe {

/// Keeps calls below a published limit: so many in any window, a small burst at once and the rest
/// evenly (a token bucket, which is filled by as much less as the burst takes). Not thread-safe.
class CallRate {
 public:
  CallRate(std::uint64_t calls, std::chrono::milliseconds window)
      : burst_(static_cast<int>(std::min<std::uint64_t>(calls / 2, burst_max))),
        step_(std::chrono::duration_cast<std::chrono::nanoseconds>(window) /
              (calls - static_cast<std::uint64_t>(burst_))) {}

  /// How long to wait before the next call, which is then taken as made.
  [[nodiscard]] std::chrono::milliseconds take(SteadyTime now) {
    free_at_ = std::max(free_at_, now - step_ * burst_) + step_;
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::ceil<std::chrono::milliseconds>(free_at_ - now));
  }
  /// No call before that moment.
  void hold(SteadyTime until) { free_at_ = std::max(free_at_, until); }

 private:
  static constexpr std::uint64_t burst_max = 10;

  const int burst_;
  const std::chrono::nanoseconds step_;
  SteadyTime free_at_{};
};

}  // namespace tidemark::load::xiaoe
