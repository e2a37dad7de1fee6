#include "load/benefit/listing.h"

#include <utility>

#include "load/gap_store.h"
#include "load/row_sql.h"
#include "sql/rows.h"

namespace tidemark::load {

Result<void> Listing::read(sql::Connection& connection) {
  std::vector<Window> windows;
  Result<void> done = sql::each_row(
      connection.query("SELECT s.started_at, w.window_from, w.window_upto FROM load_scans s "
                       "JOIN load_windows w ON w.scan_id=s.scan_id WHERE s.platform=? "
                       "AND s.stream='orders' ORDER BY s.started_at DESC",
                       sql::Values{platform_}),
      [&](const sql::Cursor& row) -> Result<void> {
        const Result<WallTime> began = utc_time(row.at(0));
        if (!began) return fail(began.error());
        const auto from = CivilTime::parse(row.at(1).value_or(""));
        const auto upto = CivilTime::parse(row.at(2).value_or(""));
        if (!from || !upto)
          return fail(ErrorKind::corrupt,
                      {"the warehouse holds a window without times", "数仓中有缺少时间的窗口"});
        windows.push_back({.began = *began, .window = {*from, *upto}});
        return {};
      });
  if (!done) return done;
  if (has_gaps_) {
    const Result<std::vector<Gap>> gaps = GapStore(connection, platform_, "orders").all();
    if (!gaps) return fail(gaps.error());
    disputed_ = spans_of(*gaps, GapKind::disputed);
  }
  windows_ = std::move(windows);
  return {};
}

Result<bool> Listing::listed_since(sql::Connection& connection, const CivilTime& created,
                                   WallTime after) {
  if (!windows_)
    if (Result<void> done = read(connection); !done) return fail(std::move(done).error());
  for (const TimeWindow& gap : disputed_)
    if (gap.covers(created)) return false;
  for (const Window& listed : *windows_) {
    if (listed.began <= after) return false;
    if (listed.window.covers(created)) return true;
  }
  return false;
}

}  // namespace tidemark::load
