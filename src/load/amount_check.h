#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "load/stream_tables.h"
#include "load/time_window.h"
#include "sql/connection.h"

namespace tidemark::load {

struct AmountCheckResult {
  std::uint64_t records = 0;         ///< Compared.
  std::set<std::string> days_off{};  ///< `2025-01-31`: an amount is not what the source showed.
  /// What each of StreamTables::amounts() sums up to in fen, by the rows as the source showed them.
  std::vector<std::int64_t> sums{};
  std::vector<Message> differences{};  ///< The first few, in words.
};

/// Which of the rows that a scan has read are held against the tables.
enum class AmountScope {
  all,   ///< Each that the table has in the range (or at all): its raw row is read again.
  news,  ///< Of those the ones that were new or different, which it has written.
  /// Each that the source showed in the range, wherever the table has it: all that were read are
  /// read again.
  moved,
};

/// Holds the amounts of the tables against the rows as a scan has read them: no list of the source
/// tells sums, but every row tells its amounts. Whoever changed an amount in the warehouse by other
/// means is found so, which a load is not, since it leaves rows without news alone. Only rows that
/// were seen since the scan began count; not those that were set aside. The day of a row, on both
/// sides, is the one that the source shows; that the table has another is told as well. One pass.
class AmountCheck {
 public:
  /// `since`: when the scan began. All others must outlive it.
  AmountCheck(sql::Connection& connection, const StreamTables& tables, WallTime since,
              const Stop& stop)
      : connection_(connection), tables_(tables), since_(since), stop_(stop) {}

  /// Of records that were created in `range`, or whenever. Of a stream without amounts the result
  /// is empty. Errors: those of Connection; cancelled.
  [[nodiscard]] Result<AmountCheckResult> check(const std::optional<TimeWindow>& range,
                                                AmountScope scope = AmountScope::all);

 private:
  /// A column of the table.
  struct Kept {
    std::int64_t sum = 0;
    std::uint64_t off = 0;           ///< Records of which it is not what was shown.
    std::vector<std::string> ids{};  ///< The first few of them.
  };
  struct Amount {
    std::int64_t shown = 0;
    Kept yuan{}, fen{};
  };
  struct Day {
    std::vector<Amount> amounts;  ///< One for each of StreamTables::amounts().
    Kept created_at{};            ///< Without a sum.
  };

  [[nodiscard]] std::string select(AmountScope scope, bool by_table_time) const;
  /// `shown_in`: rows that the source showed at other times do not count.
  [[nodiscard]] Result<void> add(const sql::Cursor& row, const std::optional<TimeWindow>& shown_in);
  void compare_created(Day& day, const sql::Cursor& row, const CivilTime& shown) const;
  /// What is to be told of a day.
  [[nodiscard]] std::vector<Message> differences(const std::string& date, const Day& day) const;

  sql::Connection& connection_;
  const StreamTables& tables_;
  const WallTime since_;
  const Stop& stop_;
  std::uint64_t records_ = 0;
  std::map<std::string, Day> days_;
};

}  // namespace tidemark::load
