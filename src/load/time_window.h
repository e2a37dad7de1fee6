#pragma once

#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "base/civil_time.h"

namespace tidemark::load {

/// The records that were created from `from` to `upto`, both seconds included, by the clock of the
/// source's zone.
struct TimeWindow {
  CivilTime from;
  CivilTime upto;

  [[nodiscard]] bool covers(const CivilTime& time) const { return from <= time && time <= upto; }
  [[nodiscard]] bool empty() const { return upto < from; }
  [[nodiscard]] std::chrono::seconds length() const {
    return std::chrono::duration_cast<std::chrono::seconds>(upto - from) + std::chrono::seconds(1);
  }
  /// Two windows that tile this one; it must be longer than a second.
  [[nodiscard]] std::pair<TimeWindow, TimeWindow> halves() const {
    const CivilTime middle = from + (length() / 2) - std::chrono::seconds(1);
    return {{from, middle}, {middle + std::chrono::seconds(1), upto}};
  }
  friend bool operator==(const TimeWindow&, const TimeWindow&) = default;
};

/// What both have in common; may be empty.
[[nodiscard]] TimeWindow common(const TimeWindow& a, const TimeWindow& b);
/// What remains of `whole` without `holes`, in order. They may be in any order, and overlap.
[[nodiscard]] std::vector<TimeWindow> without(const TimeWindow& whole,
                                              std::span<const TimeWindow> holes);

/// Tiles `whole` with windows of at most `longest`, oldest first. Empty for an empty window.
[[nodiscard]] std::vector<TimeWindow> tiled(const TimeWindow& whole, std::chrono::seconds longest);

/// The first and the last second of a day.
[[nodiscard]] CivilTime start_of_day(const CivilTime& time);
[[nodiscard]] CivilTime end_of_day(const CivilTime& time);
/// The whole days that a window touches.
[[nodiscard]] TimeWindow whole_days(const TimeWindow& window);
/// The days, or parts of days, that it is made of, oldest first. Empty for an empty window.
[[nodiscard]] std::vector<TimeWindow> days_of(const TimeWindow& window);

}  // namespace tidemark::load
