#pragma once

#include <chrono>

namespace tidemark {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Two clocks: wall time for people and stored stamps, steady time for timeouts and rates.
/// Thread-safe. Handed in, never reached for, so that a test decides what time it is.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

/// A clock that stands still until it is moved. For tests; not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime now) : wall_(now) {}
  [[nodiscard]] WallTime wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return steady_; }
  void advance(std::chrono::microseconds by) {
    wall_ += by;
    steady_ += by;
  }
  /// Sets the wall clock alone, as an operator or NTP does.
  void set_wall(WallTime now) { wall_ = now; }

 private:
  WallTime wall_;
  SteadyTime steady_{};
};

}  // namespace tidemark
