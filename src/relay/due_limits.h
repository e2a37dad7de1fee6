#pragma once

#include <string>

#include "base/clock.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// How far ahead a delivery can be due, as long as nobody sets the clock back.
struct DueLimits {
  /// The latest time for one that was never tried: now, or the time of the next batch.
  WallTime first{};
  /// For one that is retried: the longest pause that it can be in, in microseconds. An SQL
  /// expression over a row of `deliveries`: the step of its schedule and, if it was answered, the
  /// longest Retry-After that is obeyed.
  std::string pause_us{};
};
[[nodiscard]] DueLimits due_limits(const SubscriptionSettings& settings, WallTime now);

}  // namespace tidemark::relay
