#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"

namespace tidemark::run {

/// Where a job stands, as its callback tells it. Cheap to make: it is asked up to ten times a
/// second.
struct ProgressSnapshot {
  std::uint64_t records_done = 0;
  std::optional<std::uint64_t> records_total{};  ///< Unknown: count and rate, no percent.
  std::uint64_t groups_done = 0;
  std::optional<std::uint64_t> groups_total{};
  /// Where groups are read side by side and end together: how many were met so far.
  std::uint64_t groups_seen = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> running{};  ///< Names of what is being worked on; some are enough.
  std::optional<Message> phase{};      ///< `counting rows`: what is done when it is not records.
};

/// A snapshot and its time.
struct ProgressView {
  ProgressSnapshot snapshot;
  std::chrono::milliseconds elapsed{};
  double records_per_second = 0;

  /// Fraction done, 0 to 1; nullopt when the total is unknown.
  [[nodiscard]] std::optional<double> fraction() const;
  /// Time that the rest takes at this rate; nullopt when nobody can say.
  [[nodiscard]] std::optional<std::chrono::milliseconds> remaining() const;
};

/// ` 45%|████▌     | 23,616/52,480 [00:12<00:15, 1,968/s] groups 7/15, 2 errors: 17/CN, 18/DE`
/// in at most `columns` columns of a terminal. What does not fit is left out from the right.
[[nodiscard]] std::string bar_line(const ProgressView& view, Language language,
                                   std::size_t columns);

/// `45%, 23,616/52,480 records, 1,968/s, elapsed 00:12, remaining 00:15, groups 7/15, errors 2`
/// for logs.
[[nodiscard]] std::string status_line(const ProgressView& view, Language language);

/// `{"message_type":"status","seconds_elapsed":12,"seconds_remaining":15,"percent_done":0.45,…}`
/// As in restic, `percent_done` goes from 0 to 1. Unknown figures are left out.
[[nodiscard]] std::string status_json(const ProgressView& view);

}  // namespace tidemark::run
