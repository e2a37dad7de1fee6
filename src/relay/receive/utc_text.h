#pragma once

#include <chrono>
#include <string>

#include "base/civil_time.h"
#include "base/clock.h"

namespace tidemark::receive {

/// `2026-01-15 08:30:00.000000`, UTC, as every database takes it.
[[nodiscard]] inline std::string utc_text(WallTime time) {
  return CivilTime(std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch()))
      .text(6);
}

}  // namespace tidemark::receive
