#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "base/clock.h"
#include "relay/hub.h"

namespace tidemark::api {

/// Whether the hub still takes its turns: it is asked to do nothing, again and again, and has to
/// answer in time. Thread-safe.
class Pulse {
 public:
  /// A hub that owes an answer for longer than `patience` is stuck.
  Pulse(relay::Hub& hub, const Clock& clock, std::chrono::milliseconds patience)
      : hub_(hub), clock_(clock), patience_(patience), state_(std::make_shared<State>()) {}

  /// The hub runs: until now it was not ready.
  void begin() { state_->failing = false; }
  /// Asks, unless an answer is owed already. Returns at once.
  void ask() {
    if (state_->asked.exchange(true)) return;
    state_->since = clock_.steady().time_since_epoch().count();
    hub_.change([](relay::Engine&) -> Result<void> { return {}; },
                [state = state_](const Result<void>& done) {
                  state->failing = !done;
                  state->asked = false;
                });
  }

  [[nodiscard]] bool beats() const {
    if (state_->failing) return false;
    if (!state_->asked) return true;
    const SteadyTime since{SteadyTime::duration(state_->since.load())};
    return clock_.steady() - since < patience_;
  }

 private:
  struct State {
    std::atomic<bool> asked = false;
    std::atomic<bool> failing = true;
    std::atomic<SteadyTime::rep> since = 0;
  };
  relay::Hub& hub_;
  const Clock& clock_;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<State> state_;  ///< Outlives us in an answer that comes late.
};

}  // namespace tidemark::api
