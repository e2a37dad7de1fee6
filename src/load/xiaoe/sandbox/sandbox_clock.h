#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "load/xiaoe/sandbox/moment.h"

namespace tidemark::load::xiaoe {

/// What time it is in the sandbox, in UTC+8: the machine's time, or a moment at which it stands
/// still. Tests move it. As a Clock it is the one of the shop's server. Thread-safe.
class SandboxClock final : public Clock {
 public:
  /// `clock` must outlive it. Without `stands_at` it goes with the machine's clock.
  SandboxClock(const Clock& clock, std::optional<Moment> stands_at)
      : clock_(clock), stands_at_(stands_at) {}

  [[nodiscard]] Moment now() const {
    const std::scoped_lock lock(mutex_);
    if (stands_at_) return *stands_at_ + skew_;
    const auto utc = std::chrono::floor<std::chrono::seconds>(clock_.wall().time_since_epoch());
    return Moment(utc + china_ahead + ahead_ + skew_);
  }
  /// What the server's answers bear as their Date: the machine's time, wrong by the skew alone. A
  /// world that stands still, or was moved, is no clock that is wrong.
  [[nodiscard]] WallTime wall() const override {
    const std::scoped_lock lock(mutex_);
    return clock_.wall() + skew_;
  }
  [[nodiscard]] SteadyTime steady() const override { return clock_.steady(); }

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
  /// It is wrong by so much, whatever it is set to.
  void skew(std::chrono::seconds by) {
    const std::scoped_lock lock(mutex_);
    skew_ = by;
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<Moment> stands_at_;
  std::chrono::seconds ahead_{};
  std::chrono::seconds skew_{};
};

}  // namespace tidemark::load::xiaoe
