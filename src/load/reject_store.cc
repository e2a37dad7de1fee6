#include "load/reject_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::load {
namespace {

/// Whose acceptance is for the content that they have now.
constexpr std::string_view with_acceptance =
    "FROM load_rejects r LEFT JOIN load_rejects_accepted a ON a.platform=r.platform AND "
    "a.stream=r.stream AND a.record_id=r.record_id AND a.content_hash=r.content_hash ";

/// Ids that are on the list and open, with their hashes; `listed` has all that are on it.
Result<std::vector<std::pair<std::string, std::string>>> open_rejects(
    sql::Connection& connection, const std::string& platform, const std::string& stream,
    std::vector<std::string>& listed) {
  std::vector<std::pair<std::string, std::string>> open;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT r.record_id, r.content_hash, a.record_id {}WHERE "
                                   "r.platform=? AND r.stream=? ORDER BY r.record_id",
                                   with_acceptance),
                       sql::Values{platform, stream}),
      [&](const sql::Cursor& row) {
        listed.emplace_back(row.at(0).value_or(""));
        if (!row.at(2)) open.emplace_back(listed.back(), row.at(1).value_or(""));
      });
  if (!read) return fail(std::move(read).error());
  return open;
}

Result<std::int64_t> accept_locked(sql::Connection& connection, const std::string& platform,
                                   const std::string& stream,
                                   const std::optional<std::vector<std::string>>& ids,
                                   WallTime now) {
  std::vector<std::string> listed;
  auto open = open_rejects(connection, platform, stream, listed);
  if (!open) return fail(std::move(open).error());
  if (ids) {
    for (const std::string& id : *ids)
      if (std::ranges::find(listed, id) == listed.end())
        return fail(
            ErrorKind::not_found,
            {"'{}' is not among the rows of {} that were set aside", "“{}”不在 {} 的拒收清单中"},
            printable(id), stream);
    std::erase_if(
        *open, [&](const auto& one) { return std::ranges::find(*ids, one.first) == ids->end(); });
  }
  std::vector<sql::Values> rows;
  for (const auto& [id, hash] : *open) rows.push_back({platform, stream, id, hash, utc_text(now)});
  if (Result<void> done = upsert_rows(connection, load_rejects_accepted_table(), rows); !done)
    return fail(std::move(done).error());
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace

Result<std::vector<SetAside>> rows_set_aside(sql::Connection& connection, std::int64_t limit) {
  std::vector<SetAside> rows;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT r.platform, r.stream, r.record_id, r.reason, "
                                   "r.reason_zh, r.rejected_at, a.record_id {}ORDER BY "
                                   "CASE WHEN a.record_id IS NULL THEN 0 ELSE 1 END, "
                                   "r.rejected_at DESC, r.record_id LIMIT {}",
                                   with_acceptance, limit)),
      [&](const sql::Cursor& row) -> Result<void> {
        const auto text = [&](std::size_t column) {
          return std::string(row.at(column).value_or(""));
        };
        const Result<WallTime> rejected = utc_time(row.at(5));
        if (!rejected) return fail(rejected.error());
        rows.push_back({.platform = text(0),
                        .stream = text(1),
                        .id = text(2),
                        .reason = {text(3), text(4)},
                        .rejected_at = *rejected,
                        .accepted = row.at(6).has_value()});
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return rows;
}

Result<RejectCounts> count_rejects(sql::Connection& connection) {
  RejectCounts counts;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT COUNT(*), COUNT(a.record_id) {}", with_acceptance)),
      [&](const sql::Cursor& row) {
        const auto number = [&](std::size_t column) {
          return parse_integer(row.at(column).value_or("")).value_or(0);
        };
        counts = {.open = number(0) - number(1), .accepted = number(1)};
      });
  if (!read) return fail(std::move(read).error());
  return counts;
}

Result<std::map<std::string, std::int64_t>> open_rejects_by_platform(sql::Connection& connection,
                                                                     const std::string& stream) {
  std::map<std::string, std::int64_t> open;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT r.platform, COUNT(*) {}WHERE r.stream=? AND "
                                   "a.record_id IS NULL GROUP BY r.platform",
                                   with_acceptance),
                       sql::Values{stream}),
      [&](const sql::Cursor& row) {
        open.emplace(row.at(0).value_or(""), parse_integer(row.at(1).value_or("")).value_or(0));
      });
  if (!read) return fail(std::move(read).error());
  return open;
}

Result<std::int64_t> accept_rejects(sql::Connection& connection, const std::string& platform,
                                    const std::string& stream,
                                    const std::optional<std::vector<std::string>>& ids,
                                    WallTime now) {
  return sql::in_transaction(connection,
                             [&] { return accept_locked(connection, platform, stream, ids, now); });
}

Result<std::map<std::string, std::string>> accepted_rejects(sql::Connection& connection,
                                                            const std::string& platform,
                                                            const std::string& stream,
                                                            std::span<const std::string> ids) {
  std::map<std::string, std::string> accepted;
  while (!ids.empty()) {
    const std::size_t count = std::min(ids.size(), keys_per_statement_max);
    sql::Values params = padded_keys(ids.first(count));
    const std::string sql = fmt::format(
        "SELECT record_id, content_hash FROM load_rejects_accepted WHERE platform=? "
        "AND stream=? AND record_id IN ({})",
        marks(params.size()));
    params.insert(params.begin(), {platform, stream});
    Result<void> read = sql::each_row(connection.query(sql, params), [&](const sql::Cursor& row) {
      accepted.emplace(row.at(0).value_or(""), row.at(1).value_or(""));
    });
    if (!read) return fail(std::move(read).error());
    ids = ids.subspan(count);
  }
  return accepted;
}

}  // namespace tidemark::load
