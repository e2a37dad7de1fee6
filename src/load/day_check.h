#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/extractor.h"
#include "load/stream_tables.h"
#include "sql/connection.h"

namespace tidemark::load {

struct DayCheckResult {
  // `2025-01-31`, however small the part of the day is:
  std::set<std::string> days{};        ///< Compared.
  std::set<std::string> missing{};     ///< Fewer were read and stored than the source counts.
  std::set<std::string> surplus{};     ///< Some are stored that the source has dropped.
  std::vector<Message> differences{};  ///< The first few, in words.
};

/// Compares, day by day, what the source counts with what a scan has read and the warehouse holds:
/// the proof after a load that nothing is missing. Only rows that were seen since the scan began
/// count, so a row that the source has dropped does not stand in for one that is missing; and only
/// rows that were set aside since then, and have no row in the table, are not missed. A source's
/// count may be off for a moment (records come, a total moves), so a day that differs is asked for
/// again a few times. Sums of money no source tells: see AmountCheck.
class DayCheck {
 public:
  /// `since`: when the scan began. All others must outlive it.
  DayCheck(sql::Connection& connection, const StreamTables& tables, Extractor& extractor,
           WallTime since)
      : connection_(connection), tables_(tables), extractor_(extractor), since_(since) {}

  /// The scan must have read all of `range`. Nothing is compared where the source tells no counts;
  /// nor are days that touch one of `disputed`, of which it is known that the source's counts do
  /// not hold. Errors: those of Extractor::count() and of Connection.
  [[nodiscard]] Result<DayCheckResult> check(const TimeWindow& range,
                                             std::span<const TimeWindow> disputed = {});

 private:
  /// Records of the table.
  struct Held {
    std::uint64_t all = 0;
    std::uint64_t seen = 0;  ///< Those that the source has shown since the scan began.
  };
  struct Verdict {
    bool same = false;
    std::uint64_t excused = 0;  ///< So many of the rows that were set aside it took.
  };

  /// Those of each day (`2025-01-31`) of the range. One pass, however many days: asked day by day,
  /// SQLite would read the whole table each time, since all its rows have the same platform.
  [[nodiscard]] Result<std::map<std::string, Held>> held_by_day(const TimeWindow& range);
  /// Records of one second that were seen.
  [[nodiscard]] Result<std::uint64_t> seen_at(const CivilTime& time);
  /// Rows that were seen, and could not be stored in any state.
  [[nodiscard]] Result<std::uint64_t> set_aside();
  [[nodiscard]] Result<bool> counts_second_behind(const TimeWindow& day, std::uint64_t behind);
  [[nodiscard]] Result<Verdict> compare(const TimeWindow& day, std::uint64_t counted,
                                        const Held& held, std::uint64_t allowance);

  sql::Connection& connection_;
  const StreamTables& tables_;
  Extractor& extractor_;
  const WallTime since_;
};

}  // namespace tidemark::load
