#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

/// What time it is in the sandbox, in UTC+8: the machine's time, or a moment at which it stands
/// still. Tests move it. Thread-safe.
class SandboxClock {
 public:
  /// `clock` must outlive it. Without `stands_at` it goes with the machine's clock.
  SandboxClock(const Clock& clock, std::optional<Moment> stands_at)
      : clock_(clock), stands_at_(stands_at) {}

  [[nodiscard]] Moment now() const {
    const std::scoped_lock lock(mutex_);
    return now_locked();
  }
  /// Stands still there from now on.
  void set(Moment moment) {
    const std::scoped_lock lock(mutex_);
    stands_at_ = moment;
  }
  /// A clock that goes, goes on.
  void advance(std::chrono::seconds by) {
    const std::scoped_lock lock(mutex_);
    if (stands_at_)
      *stands_at_ += by;
    else
      ahead_ += by;
  }

 private:
  [[nodiscard]] Moment now_locked() const {
    if (stands_at_) return *stands_at_;
    constexpr std::chrono::hours china{8};
    const auto utc = std::chrono::floor<std::chrono::seconds>(clock_.wall().time_since_epoch());
    return Moment(utc + china + ahead_);
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<Moment> stands_at_;
  std::chrono::seconds ahead_{};
};

}  // namespace tidemark::load::xiaoe
