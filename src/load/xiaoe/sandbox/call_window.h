#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace tidemark::load::xiaoe {

/// Counts calls in windows of fixed length, as the shop's limits are published: so many in 10
/// seconds. Thread-safe.
class CallWindow {
 public:
  CallWindow(std::uint64_t calls_max, std::chrono::seconds length)
      : calls_max_(calls_max), length_(length) {}

  /// False: the limit is reached, wait for the next window. Such a call does not count.
  [[nodiscard]] bool take(SteadyTime now) {
    const std::scoped_lock lock(mutex_);
    if (now - start_ >= length_ || start_ == SteadyTime{}) {
      start_ = now;
      calls_ = 0;
    }
    if (calls_ >= calls_max_) return false;
    ++calls_;
    return true;
  }

 private:
  const std::uint64_t calls_max_;
  const std::chrono::seconds length_;
  std::mutex mutex_;
  SteadyTime start_{};
  std::uint64_t calls_ = 0;
};

}  // namespace tidemark::load::xiaoe
