#include "load/benefit/pending_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "load/benefit/benefit_schema.h"
#include "load/row_sql.h"
#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::load {
namespace {

/// Whose acceptance is for the row that they have now.
constexpr std::string_view with_acceptance =
    "FROM benefit_decisions b LEFT JOIN benefit_pending_accepted a ON a.platform=b.platform AND "
    "a.order_id=b.order_id AND a.decision_updated_at=b.updated_at WHERE b.decision='pending' ";

Error no_time() {
  return make_error(ErrorKind::corrupt,
                    {"the warehouse holds a decision without times", "数仓中有缺少时间的福利决定"});
}

Result<std::int64_t> accept_locked(sql::Connection& connection, const std::string& platform,
                                   const std::optional<std::vector<std::string>>& ids,
                                   const std::string& reason, WallTime now) {
  std::vector<std::string> pending;
  std::vector<sql::Values> rows;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT b.order_id, b.updated_at, a.order_id {}AND b.platform=? "
                                   "ORDER BY b.order_id",
                                   with_acceptance),
                       sql::Values{platform}),
      [&](const sql::Cursor& row) -> Result<void> {
        const std::string& id = pending.emplace_back(row.at(0).value_or(""));
        const auto changed = CivilTime::parse(row.at(1).value_or(""));
        if (!changed) return fail(no_time());
        if (row.at(2) || (ids && std::ranges::find(*ids, id) == ids->end())) return {};
        rows.push_back({platform, id, changed->text(6), utc_text(now), reason});
        return {};
      });
  if (!read) return fail(std::move(read).error());
  for (const std::string& id : ids.value_or(std::vector<std::string>()))
    if (std::ranges::find(pending, id) == pending.end())
      return fail(ErrorKind::not_found,
                  {"order '{}' of {} is not pending", "{1} 的订单“{0}”不是待定"}, printable(id),
                  printable(platform));
  if (Result<void> done = upsert_rows(connection, benefit_pending_accepted_table(), rows); !done)
    return fail(std::move(done).error());
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace

Result<std::vector<PendingOrder>> pending_orders(sql::Connection& connection, std::int64_t limit) {
  std::vector<PendingOrder> orders;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT b.platform, b.order_id, b.due_at, b.reason, "
                                   "b.reason_zh, a.accepted_reason {}ORDER BY CASE WHEN a.order_id "
                                   "IS NULL THEN 0 ELSE 1 END, b.due_at, b.platform, b.order_id "
                                   "LIMIT {}",
                                   with_acceptance, limit)),
      [&](const sql::Cursor& row) -> Result<void> {
        const auto text = [&](std::size_t column) {
          return std::string(row.at(column).value_or(""));
        };
        const auto due = CivilTime::parse(row.at(2).value_or(""));
        if (!due) return fail(no_time());
        orders.push_back({.platform = text(0),
                          .order_id = text(1),
                          .due_at = *due,
                          .reason = {text(3), text(4)}});
        if (row.at(5)) orders.back().accepted_reason = text(5);
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return orders;
}

Result<std::map<std::string, PendingCounts>> count_pending(sql::Connection& connection) {
  std::map<std::string, PendingCounts> counts;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT b.platform, COUNT(*), COUNT(a.order_id) {}GROUP BY "
                                   "b.platform",
                                   with_acceptance)),
      [&](const sql::Cursor& row) {
        const auto number = [&](std::size_t column) {
          return parse_integer(row.at(column).value_or("")).value_or(0);
        };
        counts[std::string(row.at(0).value_or(""))] = {.open = number(1) - number(2),
                                                       .accepted = number(2)};
      });
  if (!read) return fail(std::move(read).error());
  return counts;
}

Result<std::int64_t> accept_pending(sql::Connection& connection, const std::string& platform,
                                    const std::optional<std::vector<std::string>>& ids,
                                    const std::string& reason, WallTime now) {
  return sql::in_transaction(connection,
                             [&] { return accept_locked(connection, platform, ids, reason, now); });
}

}  // namespace tidemark::load
