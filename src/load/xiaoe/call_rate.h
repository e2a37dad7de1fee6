#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace tidemark::load::xiaoe {

/// Keeps calls below a published limit: so many in a window, evenly, after a small burst (a token
/// bucket). Not thread-safe.
class CallRate {
 public:
  CallRate(std::uint64_t calls, std::chrono::milliseconds window)
      : step_(std::chrono::duration_cast<std::chrono::nanoseconds>(window) / calls) {}

  /// How long to wait before the next call, which is then taken as made.
  [[nodiscard]] std::chrono::milliseconds take(SteadyTime now) {
    constexpr int burst = 10;
    free_at_ = std::max(free_at_, now - step_ * burst) + step_;
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::ceil<std::chrono::milliseconds>(free_at_ - now));
  }

 private:
  const std::chrono::nanoseconds step_;
  SteadyTime free_at_{};
};

}  // namespace tidemark::load::xiaoe
