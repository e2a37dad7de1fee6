#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "base/random.h"

namespace tidemark::relay {

/// 1 s, 2 s, 4 s, then a long tail of about three days (30 s … 24 h): an outage overnight needs no
/// human.
[[nodiscard]] std::span<const std::chrono::seconds> default_retry_schedule();

/// The pause before the retry number `step` (0: the first), with jitter: 0.8 to 1.2 of a short
/// step, 0.5 to 1.5 of one of 30 s and more, so that many deliveries that failed together do not
/// come back together. nullopt when the schedule is used up.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_pause(
    std::span<const std::chrono::seconds> schedule, std::int64_t step, Random& random);

/// The longest that retry_pause() makes of a step.
[[nodiscard]] std::chrono::milliseconds retry_pause_max(std::chrono::seconds step);

/// The pause before the next probe of an endpoint that failed `probes` probes: 5 s, doubled each
/// time up to 5 minutes, with jitter of 0.8 to 1.2.
[[nodiscard]] std::chrono::milliseconds probe_pause(std::int64_t probes, Random& random);

}  // namespace tidemark::relay
