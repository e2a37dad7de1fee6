#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/civil_time.h"

namespace tidemark::load::xiaoe {

/// A second on a clock on the wall in China (UTC+8), as the shop's API writes it.
using Moment = std::chrono::local_seconds;

/// How far that clock is ahead of UTC.
inline constexpr std::chrono::hours china_ahead{8};

/// How the API writes that something has not happened.
inline constexpr std::string_view zero_date = "0000-00-00 00:00:00";

/// `2025-01-31 08:00:00`
[[nodiscard]] inline std::string moment_text(Moment moment) { return CivilTime(moment).text(); }
[[nodiscard]] inline std::string moment_text(const std::optional<Moment>& moment) {
  return moment ? moment_text(*moment) : std::string(zero_date);
}

/// Reads a day (its begin) or a time; nullopt if the text is neither.
[[nodiscard]] inline std::optional<Moment> parse_moment(std::string_view text) {
  const std::optional<CivilTime> time = CivilTime::parse(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(time->time());
}

/// The end of a range that `text` names: a day is meant to its last second.
[[nodiscard]] inline std::optional<Moment> parse_last_moment(std::string_view text) {
  constexpr std::size_t day_length = std::string_view("2025-01-31").size();
  std::optional<Moment> moment = parse_moment(text);
  if (moment && text.size() == day_length)
    *moment += std::chrono::days(1) - std::chrono::seconds(1);
  return moment;
}

}  // namespace tidemark::load::xiaoe
