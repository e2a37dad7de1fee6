#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
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
  std::uint64_t days_off = 0;  ///< Days of which an amount is not what the source showed.
  /// What each of StreamTables::amounts() sums up to in fen, by the rows as the source showed them.
  std::vector<std::int64_t> sums{};
  std::vector<Message> differences{};  ///< The first few, in words.
};

/// Holds the amounts of the tables against the rows as a scan has read them: no list of the source
/// tells sums, but every row tells its amounts. Whoever changed an amount in the warehouse by other
/// means is found so, which a load is not, since it leaves rows without news alone. Only rows that
/// were seen since the scan began count; not those that were set aside. One pass.
class AmountCheck {
 public:
  /// `since`: when the scan began. All others must outlive it.
  AmountCheck(sql::Connection& connection, const StreamTables& tables, WallTime since,
              const Stop& stop)
      : connection_(connection), tables_(tables), since_(since), stop_(stop) {}

  /// Of a stream without amounts the result is empty. Errors: those of Connection; cancelled.
  [[nodiscard]] Result<AmountCheckResult> check(const TimeWindow& range);

 private:
  struct Sums {
    std::int64_t shown = 0;
    std::int64_t kept = 0;
    std::vector<std::string> ids{};  ///< The first few of the records that differ.
  };
  /// One for each amount.
  using Day = std::vector<Sums>;

  [[nodiscard]] std::string select() const;
  [[nodiscard]] Result<void> add(const sql::Cursor& row, std::map<std::string, Day>& days) const;

  sql::Connection& connection_;
  const StreamTables& tables_;
  const WallTime since_;
  const Stop& stop_;
};

}  // namespace tidemark::load
