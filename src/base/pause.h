#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/stop.h"

namespace tidemark {

/// Waiting as an input: between attempts, and for a source's next window of calls.
class Pause {
 public:
  virtual ~Pause() = default;
  /// False: it was asked to stop meanwhile.
  [[nodiscard]] virtual bool wait(std::chrono::milliseconds duration) = 0;
};

/// Waits, and looks every 50 ms whether it is asked to stop. Thread-safe.
class StoppablePause final : public Pause {
 public:
  explicit StoppablePause(const Stop& stop) : stop_(stop) {}
  [[nodiscard]] bool wait(std::chrono::milliseconds duration) override {
    constexpr std::chrono::milliseconds step{50};
    while (duration.count() > 0 && !stop_.requested()) {
      std::this_thread::sleep_for(std::min(duration, step));
      duration -= step;
    }
    return !stop_.requested();
  }

 private:
  const Stop& stop_;
};

}  // namespace tidemark
