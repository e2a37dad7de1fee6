#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace tidemark::run {

/// Records per second, of late: what happened t ago counts e^(-t/15 s). Steady when the pace is,
/// and quick to see that it changed.
class RateMeter {
 public:
  /// `done` records in all at `now`. A total that shrinks counts as no progress.
  void observe(SteadyTime now, std::uint64_t done) {
    if (before_) {
      const double seconds = std::chrono::duration<double>(now - *before_).count();
      const double kept = std::exp(-seconds / memory_seconds);
      records_ = records_ * kept + (done > done_ ? static_cast<double>(done - done_) : 0);
      seconds_ = seconds_ * kept + seconds;
    }
    before_ = now;
    done_ = done;
  }

  [[nodiscard]] double per_second() const { return seconds_ > 0 ? records_ / seconds_ : 0; }

 private:
  static constexpr double memory_seconds = 15;
  std::optional<SteadyTime> before_;
  std::uint64_t done_ = 0;
  double records_ = 0;
  double seconds_ = 0;
};

}  // namespace tidemark::run
