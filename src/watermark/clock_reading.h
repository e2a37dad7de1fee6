#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/civil_time.h"
#include "base/clock.h"

namespace tidemark::watermark {

/// What the database's clock says, and beside it how long this machine has been up: that goes on
/// evenly whatever anybody sets. Two readings tell whether the database's clock was set back, after
/// which rows are stamped with times that watermarks have passed.
struct ClockReading {
  CivilTime database;
  std::string boot;                      ///< Names the time since the machine was started.
  std::chrono::microseconds since_boot;  ///< Sleep counts.
  WallTime wall;                         ///< For readings of two boots, or of two machines.

  friend bool operator==(const ClockReading&, const ClockReading&) = default;
};

/// This machine's part; `database` is for the caller, who asks it at once.
[[nodiscard]] ClockReading read_clocks(const Clock& clock);

[[nodiscard]] std::string format_reading(const ClockReading& reading);
[[nodiscard]] std::optional<ClockReading> parse_reading(std::string_view text);

/// How far the database's clock went back between two readings; zero if it did not, or by so little
/// that clocks may be adjusted that much (2 s).
[[nodiscard]] std::chrono::microseconds set_back(const ClockReading& before,
                                                 const ClockReading& now);

}  // namespace tidemark::watermark
