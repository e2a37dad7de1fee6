#include "relay/sync_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "relay/row.h"
#include "relay/subscription.h"
#include "relay/subscription_json.h"
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

/// From when it was to be sent until it arrived.
constexpr std::string_view latency =
    "CASE WHEN finished_at > COALESCE(wanted_at, created_at) THEN finished_at - "
    "COALESCE(wanted_at, created_at) ELSE 0 END";

/// A type whose text has digits alone: SQLite would write 3e+06 for a DECIMAL of 3,000,000.
std::string_view whole_number(sql::Dialect dialect) {
  if (dialect == sql::Dialect::sqlite) return "INTEGER";
  return "DECIMAL(20, 0)";
}

Result<void> measure_latency(sql::Connection& connection, WallTime now, SyncStats& stats) {
  const sql::Values span = {time_value(now - latency_span)};
  Result<void> counted = each(
      connection,
      fmt::format("SELECT COUNT(*), CAST(COALESCE(AVG({}), 0) AS {}) FROM deliveries WHERE status "
                  "= 'delivered' AND finished_at >= ?",
                  latency, whole_number(connection.dialect())),
      span, [&stats](const sql::Cursor& row) {
        stats.delivered_1h = number_at(row, 0);
        stats.latency_mean = std::chrono::microseconds(number_at(row, 1));
      });
  if (!counted || stats.delivered_1h == 0) return counted;
  sql::Values place = span;
  place.emplace_back((stats.delivered_1h - 1) * 99 / 100);
  return each(connection,
              fmt::format("SELECT {} AS latency FROM deliveries WHERE status = 'delivered' AND "
                          "finished_at >= ? ORDER BY latency LIMIT 1 OFFSET ?",
                          latency),
              place, [&stats](const sql::Cursor& row) {
                stats.latency_p99 = std::chrono::microseconds(number_at(row, 0));
              });
}

Result<void> count_failing(sql::Connection& connection, SyncStats& stats) {
  // What a deleted subscription left is cancelled little by little, and is nobody's trouble.
  return each(connection,
              "SELECT d.status, d.last_error, COUNT(*) FROM deliveries d JOIN subscriptions s ON "
              "s.subscription_id = d.subscription_id WHERE d.status IN ('retrying', 'parked') AND "
              "s.deleted_at IS NULL GROUP BY d.status, d.last_error",
              {}, [&stats](const sql::Cursor& row) {
                const std::int64_t count = number_at(row, 2);
                const bool retrying = text_at(row, 0) == "retrying";
                (retrying ? stats.retrying : stats.parked) += count;
                const std::string code = text_at(row, 1);
                auto known = std::ranges::find(stats.failures, code, &SyncStats::Failure::code);
                if (known == stats.failures.end())
                  known = stats.failures.insert(known, {.code = code});
                (retrying ? known->retrying : known->parked) += count;
              });
}

/// Unfinished, the oldest of these, waiting for a batch's time: the columns from `first` on.
void add_to(EndpointBacklog& endpoint, const sql::Cursor& row, std::size_t first) {
  endpoint.unfinished += number_at(row, first);
  const auto oldest = optional_time_at(row, first + 1);
  if (oldest && (!endpoint.oldest || *oldest < *endpoint.oldest)) endpoint.oldest = oldest;
  endpoint.waiting += number_at(row, first + 2);
}

/// In batch mode what was never tried and is due later waits for a batch's time, and so does what
/// stands behind it. In realtime mode nothing does, though it may have become due a moment after
/// `now`.
Result<void> count_batched(sql::Connection& connection, WallTime now, EndpointBacklog& endpoint) {
  const auto add = [&endpoint](const sql::Cursor& row) { add_to(endpoint, row, 0); };
  Result<void> read = each(
      connection,
      "SELECT SUM(1 - waits), MIN(CASE WHEN waits = 0 THEN created_at END), SUM(waits) FROM "
      "(SELECT created_at, CASE WHEN status = 'pending' AND due_at > ? THEN 1 ELSE 0 END AS waits "
      "FROM deliveries WHERE subscription_id = ? AND due_at IS NOT NULL) AS due",
      {time_value(now), endpoint.subscription_id}, add);
  if (!read) return read;
  return each(
      connection,
      "SELECT SUM(1 - waits), MIN(CASE WHEN waits = 0 THEN created_at END), SUM(waits) FROM "
      "(SELECT d.created_at, CASE WHEN d.status = 'pending' AND EXISTS (SELECT 1 FROM deliveries "
      "b WHERE b.subscription_id = d.subscription_id AND b.open_key = d.open_key AND b.status = "
      "'pending' AND b.due_at > ?) THEN 1 ELSE 0 END AS waits FROM deliveries d WHERE "
      "d.subscription_id = ? AND d.due_at IS NULL AND d.open_key IS NOT NULL AND d.status IN "
      "('pending', 'retrying')) AS behind",
      {time_value(now), endpoint.subscription_id}, add);
}

/// What waits has a due time, or stands behind another one of its source (open_key).
Result<void> count_backlog(sql::Connection& connection, WallTime now, SyncStats& stats) {
  std::set<std::string> batched;
  Result<void> read =
      each(connection,
           "SELECT subscription_id, name, state, failures, settings FROM subscriptions WHERE "
           "deleted_at IS NULL ORDER BY subscription_id",
           {}, [&](const sql::Cursor& row) {
             stats.endpoints.push_back({.subscription_id = text_at(row, 0),
                                        .name = text_at(row, 1),
                                        .state = text_at(row, 2),
                                        .failures = number_at(row, 3)});
             const auto settings = parse_settings(text_at(row, 4));
             if (settings && settings->mode == Mode::batch) batched.insert(text_at(row, 0));
           });
  if (!read) return read;
  const auto add = [&](const sql::Cursor& row) {
    const auto endpoint =
        std::ranges::find(stats.endpoints, text_at(row, 0), &EndpointBacklog::subscription_id);
    if (endpoint != stats.endpoints.end() && !batched.contains(endpoint->subscription_id))
      add_to(*endpoint, row, 1);
  };
  read = each(connection,
              "SELECT subscription_id, COUNT(*), MIN(created_at), 0 FROM deliveries WHERE due_at "
              "IS NOT NULL GROUP BY subscription_id",
              {}, add);
  if (!read) return read;
  read = each(connection,
              "SELECT subscription_id, COUNT(*), MIN(created_at), 0 FROM deliveries WHERE due_at "
              "IS NULL AND open_key IS NOT NULL AND status IN ('pending', 'retrying') GROUP BY "
              "subscription_id",
              {}, add);
  if (!read) return read;
  read = each(connection,
              "SELECT subscription_id, missing + older + different + cache + unreadable FROM "
              "receiver_checks",
              {}, [&stats](const sql::Cursor& row) {
                const auto endpoint = std::ranges::find(stats.endpoints, text_at(row, 0),
                                                        &EndpointBacklog::subscription_id);
                if (endpoint != stats.endpoints.end()) endpoint->differences = number_at(row, 1);
              });
  if (!read) return read;
  for (EndpointBacklog& endpoint : stats.endpoints) {
    if (batched.contains(endpoint.subscription_id))
      if (read = count_batched(connection, now, endpoint); !read) return read;
    stats.backlog += endpoint.unfinished;
    stats.waiting_for_batch += endpoint.waiting;
  }
  return {};
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
  if (Result<void> done = count_backlog(connection, now, stats); !done)
    return fail(std::move(done).error());
  return stats;
}

}  // namespace tidemark::relay
