#include "relay/sync_stats.h"

#include <algorithm>

#include "relay/row.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

constexpr std::chrono::hours rate_span{24};
constexpr std::chrono::hours latency_span{1};

/// Runs a query and hands each row to `take`.
template <class Take>
Result<void> each(sql::Connection& connection, std::string_view sql, const sql::Values& params,
                  Take take) {
  return sql::each_row(connection.query(sql, params), take);
}

std::optional<double> rate(std::int64_t delivered, std::int64_t failed) {
  if (delivered + failed == 0) return std::nullopt;
  return static_cast<double>(delivered) / static_cast<double>(delivered + failed);
}

Result<void> count_finished(sql::Connection& connection, WallTime now, SyncStats& stats) {
  return each(connection,
              "SELECT status, COUNT(*), SUM(CASE WHEN finished_at >= ? THEN 1 ELSE 0 END) FROM "
              "deliveries WHERE status IN ('delivered', 'parked') AND finished_at >= ? GROUP BY "
              "status",
              {time_value(now - latency_span), time_value(now - rate_span)},
              [&stats](const sql::Cursor& row) {
                const bool delivered = text_at(row, 0) == "delivered";
                (delivered ? stats.delivered_24h : stats.failed_24h) = number_at(row, 1);
                (delivered ? stats.delivered_1h : stats.failed_1h) = number_at(row, 2);
              });
}

Result<void> measure_latency(sql::Connection& connection, WallTime now, SyncStats& stats) {
  const sql::Values span = {time_value(now - latency_span)};
  Result<void> counted = each(
      connection,
      "SELECT COUNT(*), CAST(COALESCE(AVG(finished_at - created_at), 0) AS DECIMAL(20, 0)) FROM "
      "deliveries WHERE status = 'delivered' AND finished_at >= ?",
      span, [&stats](const sql::Cursor& row) {
        stats.delivered_1h = number_at(row, 0);
        stats.latency_mean = std::chrono::microseconds(number_at(row, 1));
      });
  if (!counted || stats.delivered_1h == 0) return counted;
  sql::Values place = span;
  place.emplace_back((stats.delivered_1h - 1) * 99 / 100);
  return each(connection,
              "SELECT finished_at - created_at FROM deliveries WHERE status = 'delivered' AND "
              "finished_at >= ? ORDER BY finished_at - created_at LIMIT 1 OFFSET ?",
              place, [&stats](const sql::Cursor& row) {
                stats.latency_p99 = std::chrono::microseconds(number_at(row, 0));
              });
}

Result<void> count_failing(sql::Connection& connection, SyncStats& stats) {
  return each(connection,
              "SELECT status, last_error, COUNT(*) FROM deliveries WHERE status IN ('retrying', "
              "'parked') GROUP BY status, last_error",
              {}, [&stats](const sql::Cursor& row) {
                const std::int64_t count = number_at(row, 2);
                (text_at(row, 0) == "retrying" ? stats.retrying : stats.parked) += count;
                const std::string code = text_at(row, 1);
                const auto known = std::ranges::find(stats.failures, code,
                                                     &std::pair<std::string, std::int64_t>::first);
                if (known == stats.failures.end())
                  stats.failures.emplace_back(code, count);
                else
                  known->second += count;
              });
}

/// What waits has a due time, or stands behind another one of its source (open_key).
Result<void> count_backlog(sql::Connection& connection, SyncStats& stats) {
  Result<void> read = each(connection,
                           "SELECT subscription_id, name, state, failures FROM subscriptions WHERE "
                           "deleted_at IS NULL ORDER BY subscription_id",
                           {}, [&stats](const sql::Cursor& row) {
                             stats.endpoints.push_back({.subscription_id = text_at(row, 0),
                                                        .name = text_at(row, 1),
                                                        .state = text_at(row, 2),
                                                        .failures = number_at(row, 3)});
                           });
  if (!read) return read;
  const auto add = [&stats](const sql::Cursor& row) {
    const auto endpoint =
        std::ranges::find(stats.endpoints, text_at(row, 0), &EndpointBacklog::subscription_id);
    if (endpoint == stats.endpoints.end()) return;
    endpoint->unfinished += number_at(row, 1);
    const auto oldest = optional_time_at(row, 2);
    if (oldest && (!endpoint->oldest || *oldest < *endpoint->oldest)) endpoint->oldest = oldest;
    stats.backlog += number_at(row, 1);
  };
  read = each(connection,
              "SELECT subscription_id, COUNT(*), MIN(created_at) FROM deliveries WHERE due_at IS "
              "NOT NULL GROUP BY subscription_id",
              {}, add);
  if (!read) return read;
  return each(connection,
              "SELECT subscription_id, COUNT(*), MIN(created_at) FROM deliveries WHERE due_at IS "
              "NULL AND open_key IS NOT NULL AND status IN ('pending', 'retrying') GROUP BY "
              "subscription_id",
              {}, add);
}

}  // namespace

std::optional<double> SyncStats::success_rate() const { return rate(delivered_24h, failed_24h); }

std::optional<double> SyncStats::success_rate_1h() const { return rate(delivered_1h, failed_1h); }

std::optional<WallTime> SyncStats::oldest_undelivered() const {
  std::optional<WallTime> oldest;
  for (const EndpointBacklog& endpoint : endpoints)
    if (endpoint.oldest && (!oldest || *endpoint.oldest < *oldest)) oldest = endpoint.oldest;
  return oldest;
}

Result<SyncStats> sync_stats(sql::Connection& connection, WallTime now) {
  SyncStats stats;
  if (Result<void> done = count_finished(connection, now, stats); !done)
    return fail(std::move(done).error());
  if (Result<void> done = measure_latency(connection, now, stats); !done)
    return fail(std::move(done).error());
  if (Result<void> done = count_failing(connection, stats); !done)
    return fail(std::move(done).error());
  if (Result<void> done = count_backlog(connection, stats); !done)
    return fail(std::move(done).error());
  return stats;
}

}  // namespace tidemark::relay
