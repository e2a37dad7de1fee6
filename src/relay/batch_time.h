#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// When a delivery that is published now is due: after the interval, or at the next `at` in the
/// batch's zone, whichever comes first; now if neither is set (then only the pace spreads them).
/// A local time that a change of clocks leaves out counts as the first instant after the gap; one
/// that comes twice, as its first.
[[nodiscard]] WallTime next_batch_time(const BatchSettings& batch, WallTime now);

/// Errors: rejected, when `at` is no time of day (`02:00`) or `zone` is unknown.
[[nodiscard]] Result<void> check_batch_time(const BatchSettings& batch);

}  // namespace tidemark::relay
