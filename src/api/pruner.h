#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "relay/hub.h"

namespace tidemark::api {

/// Deletes what is older than the retention, in steps of some hundred rows, each a change of its
/// own in the hub's turns, so that publishing never waits long behind it. The calls belong to one
/// thread.
class Pruner {
 public:
  /// `hub` must outlive it.
  Pruner(relay::Hub& hub, std::chrono::hours retention)
      : hub_(hub), retention_(retention), pass_(std::make_shared<Pass>()) {}

  /// Begins a pass over finished deliveries, ended replays and refused entries, and over events if
  /// asked for: those are looked at all, so this is for few times a day. Nothing while a pass is
  /// under way.
  void begin(bool events);
  /// Takes the pass's next step unless one is under way. Returns at once. What fails is logged, and
  /// done by the next pass.
  void step();
  /// Is a pass under way?
  [[nodiscard]] bool busy() const { return pass_->part != Part::none; }

 private:
  /// Finished deliveries; ended replays and refused entries; events.
  enum class Part { none, finished, records, events };
  /// Written by the answer of a step; by the caller only while none is under way.
  struct Pass {
    std::atomic<Part> part = Part::none;
    std::atomic<bool> stepping = false;
    bool events = false;
    std::string after_event{};
  };
  struct Outcome;
  [[nodiscard]] static Result<Outcome> take_step(relay::Engine& engine, const Pass& pass,
                                                 std::chrono::hours retention);

  relay::Hub& hub_;
  const std::chrono::hours retention_;
  std::shared_ptr<Pass> pass_;  ///< Outlives us in an answer that comes late.
};

}  // namespace tidemark::api
