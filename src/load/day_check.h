#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "load/extractor.h"
#include "load/stream_tables.h"
#include "sql/connection.h"

namespace tidemark::load {

struct DayCheckResult {
  std::uint64_t days = 0;     ///< Compared.
  std::uint64_t missing = 0;  ///< Days of which the warehouse has less than the source.
  std::uint64_t surplus = 0;  ///< Days of which it has more: records that the source has dropped.
  std::vector<Message> differences{};  ///< The first few, in words.
};

/// Compares, day by day, what the source counts with what the warehouse holds: the proof after a
/// load that nothing is missing. A source's count may be off for a moment (records come, a total
/// moves), so a day that differs is asked for again a few times. Rows that were set aside are not
/// missed. Sums of money are not compared,
/// since no source tells them.
class DayCheck {
 public:
  /// All must outlive it.
  DayCheck(sql::Connection& connection, const StreamTables& tables, Extractor& extractor)
      : connection_(connection), tables_(tables), extractor_(extractor) {}

  /// `range` must be in the warehouse. Nothing is compared where the source tells no counts.
  /// Errors: those of Extractor::count() and of Connection.
  [[nodiscard]] Result<DayCheckResult> check(const TimeWindow& range);

 private:
  /// Records of each day (`2025-01-31`) of the range. One pass, however many days: asked day by
  /// day, SQLite would read the whole table each time, since all its rows have the same platform.
  [[nodiscard]] Result<std::map<std::string, std::uint64_t>> held_by_day(const TimeWindow& range);
  /// Records of one second.
  [[nodiscard]] Result<std::uint64_t> held_at(const CivilTime& time);
  [[nodiscard]] Result<std::uint64_t> set_aside();

  sql::Connection& connection_;
  const StreamTables& tables_;
  Extractor& extractor_;
};

}  // namespace tidemark::load
