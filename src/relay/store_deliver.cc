#include <fmt/format.h>

#include "relay/event_id.h"
#include "relay/event_row.h"
#include "relay/row.h"
#include "relay/store.h"
#include "sql/rows.h"

// Delivering: what is due, what became of it, repairs by hand.
namespace tidemark::relay {
namespace {

DueDelivery due_delivery_of(const sql::Cursor& row) {
  return {.sequence = number_at(row, 0),
          .attempts = number_at(row, 1),
          .retry_step = number_at(row, 2),
          .due_at = time_at(row, 3),
          .wanted_at = time_at(row, 4),
          .ordered = row.at(5).has_value(),
          .event = std::make_shared<const Event>(read_event(row, 6))};
}

}  // namespace

Result<std::vector<DueDelivery>> Store::due(const std::string& subscription_id, WallTime upto,
                                            WallTime after_due, std::int64_t after_sequence,
                                            std::int64_t limit) {
  const std::string sql = fmt::format(
      "SELECT d.sequence, d.attempts, d.retry_step, d.due_at, "
      "COALESCE(d.wanted_at, d.created_at), d.open_key, {} "
      "FROM deliveries d JOIN events e ON e.event_id = d.event_id "
      "WHERE d.subscription_id = ? AND d.due_at <= ? AND d.due_at >= ? "
      "AND (d.due_at > ? OR d.sequence > ?) ORDER BY d.due_at, d.sequence LIMIT ?",
      event_columns);
  return sql::all_rows(
      connection_->query(sql, sql::Values{subscription_id, time_value(upto), time_value(after_due),
                                          time_value(after_due), after_sequence, limit}),
      due_delivery_of);
}

Result<std::optional<WallTime>> Store::next_due(const std::string& subscription_id, WallTime now) {
  const auto next = sql::first_row(
      connection_->query(
          "SELECT MIN(due_at) FROM deliveries WHERE subscription_id = ? AND due_at > ?",
          sql::Values{subscription_id, time_value(now)}),
      [](const sql::Cursor& row) { return optional_time_at(row, 0); });
  if (!next) return fail(next.error());
  return next->value_or(std::nullopt);
}

Result<void> Store::record(AttemptRecord attempt) {
  sql::Values row =
      values(std::move(attempt.key.subscription_id), attempt.key.sequence, attempt.attempt,
             time_value(attempt.started_at), std::int64_t{attempt.duration.count()},
             status_value(attempt.status_code), std::move(attempt.error_code),
             std::move(attempt.message), std::move(attempt.response));
  if (gathering_) {
    gathered_.add_attempt(std::move(row));
    return {};
  }
  // An outcome may be written twice: the connection broke while the server committed.
  const std::string_view sql =
      connection_->dialect() == sql::Dialect::mysql
          ? "INSERT IGNORE INTO attempts (subscription_id, sequence, attempt, started_at, "
            "duration_us, status_code, error_code, message, response) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
          : "INSERT INTO attempts (subscription_id, sequence, attempt, started_at, "
            "duration_us, status_code, error_code, message, response) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
  return sql::write(*connection_, sql, row);
}

Result<bool> Store::change(const DeliveryChange& change) {
  if (gathering_ && change.finished_at && !change.open && !change.ordered) {
    gathered_.add_change(change);
    return true;
  }
  sql::Value open_key;
  if (change.open && !change.open_key.empty()) open_key = change.open_key;
  const Result<std::int64_t> changed = connection_->execute(
      fmt::format("UPDATE deliveries SET status = ?, due_at = ?, attempts = ?, retry_step = ?, "
                  "last_status_code = ?, last_error = ?, last_message = ?, "
                  "started_at = COALESCE(started_at, ?), finished_at = ?, open_key = {} "
                  "WHERE subscription_id = ? AND sequence = ? AND attempts = ? "
                  "AND status IN ('pending', 'retrying')",
                  change.open ? "COALESCE(open_key, ?)" : "?"),
      values(std::string(name(change.status)), time_value(change.due_at), change.attempts,
             change.retry_step, status_value(change.status_code), change.error_code, change.message,
             time_value(change.started_at), time_value(change.finished_at), std::move(open_key),
             change.key.subscription_id, change.key.sequence, change.attempts - 1));
  if (!changed) return fail(changed.error());
  if (*changed > 0) return true;
  // Cancelled meanwhile, say; the attempt was made all the same, and its number is taken.
  if (Result<void> counted = count_attempt(change); !counted) return fail(std::move(counted));
  return false;
}

Result<void> Store::count_attempt(const DeliveryChange& change) {
  return relay::count_attempt(*connection_, change);
}

Result<void> Store::line_up(const std::string& subscription_id, const std::string& open_key) {
  const Result<std::int64_t> first = first_open(subscription_id, open_key);
  if (!first) return fail(first.error());
  return sql::write(*connection_,
                    "UPDATE deliveries SET due_at = NULL WHERE subscription_id = ? AND "
                    "open_key = ? AND sequence > ? AND due_at IS NOT NULL AND "
                    "status IN ('pending', 'retrying')",
                    sql::Values{subscription_id, open_key, *first});
}

Result<std::int64_t> Store::first_open(const std::string& subscription_id,
                                       const std::string& open_key) {
  return sql::query_number(
      *connection_,
      "SELECT MIN(sequence) FROM deliveries WHERE subscription_id = ? AND open_key = ?",
      sql::Values{subscription_id, open_key});
}

Result<void> Store::wake_next(const std::string& subscription_id, const std::string& open_key,
                              WallTime now) {
  const Result<std::int64_t> next = first_open(subscription_id, open_key);
  if (!next) return fail(next.error());
  if (*next == 0) return {};
  return sql::write(*connection_,
                    "UPDATE deliveries SET due_at = ? WHERE subscription_id = ? AND sequence = ? "
                    "AND due_at IS NULL AND status IN ('pending', 'retrying')",
                    sql::Values{time_value(now), subscription_id, *next});
}

Result<std::optional<std::int64_t>> Store::delivery_of(const std::string& subscription_id,
                                                       const std::string& event_id) {
  const Result<std::int64_t> sequence = sql::query_number(
      *connection_,
      "SELECT MIN(sequence) FROM deliveries WHERE event_id = ? AND subscription_id = ?",
      sql::Values{event_id, subscription_id});
  if (!sequence) return fail(sequence.error());
  return *sequence == 0 ? std::nullopt : std::optional(*sequence);
}

Result<std::shared_ptr<const Event>> Store::event(const std::string& event_id) {
  auto event = sql::first_row(
      connection_->query(fmt::format("SELECT {} FROM events e WHERE e.event_id = ?", event_columns),
                         sql::Values{event_id}),
      [](const sql::Cursor& row) { return read_event(row); });
  if (!event) return fail(std::move(event));
  if (!*event)
    return fail(ErrorKind::not_found, {"there is no event '{}'", "没有事件“{}”"}, event_id);
  return std::make_shared<const Event>(std::move(**event));
}

Result<std::optional<std::string>> Store::ordering_key_of(const DeliveryKey& key) {
  return sql::first_row(
      connection_->query("SELECT e.source_system, e.source_type, e.source_id FROM deliveries d "
                         "JOIN events e ON e.event_id = d.event_id WHERE d.subscription_id = ? "
                         "AND d.sequence = ?",
                         sql::Values{key.subscription_id, key.sequence}),
      [](const sql::Cursor& row) {
        return ordering_key(text_at(row, 0), text_at(row, 1), text_at(row, 2));
      });
}

Result<bool> Store::retry_now(const DeliveryKey& key, std::optional<DeliveryStatus> only,
                              const std::optional<std::string>& open_key, WallTime now) {
  const std::string_view unless = only ? " AND status = ?" : "";
  sql::Values which = {key.subscription_id, key.sequence};
  if (only) which.emplace_back(std::string(name(*only)));
  sql::Values all = {time_value(now), time_value(now), time_value(now),
                     open_key ? sql::Value(*open_key) : sql::Value()};
  all.insert(all.end(), which.begin(), which.end());
  // MySQL sets from left to right, and reads what it has set: first what depends on the old values.
  // One that is unfinished is late since it was wanted first, unless that was still to come.
  const Result<std::int64_t> changed = connection_->execute(
      fmt::format("UPDATE deliveries SET wanted_at = CASE WHEN status = 'retrying' OR (status = "
                  "'pending' AND due_at <= ?) THEN wanted_at ELSE ? END, "
                  "status = CASE WHEN attempts = 0 THEN 'pending' ELSE "
                  "'retrying' END, due_at = ?, retry_step = 0, finished_at = NULL, "
                  "open_key = COALESCE(?, open_key) WHERE subscription_id = ? AND sequence = ?{} "
                  "AND NOT (due_at IS NULL AND status IN ('pending', 'retrying'))",
                  unless),
      all);
  if (!changed) return fail(changed.error());
  if (*changed > 0) return true;
  // One that waits for an earlier one of its source is there, and goes on waiting.
  const auto there = sql::query_value(
      *connection_,
      fmt::format("SELECT 1 FROM deliveries WHERE subscription_id = ? AND sequence = ?{}", unless),
      which);
  if (!there) return fail(there.error());
  return there->has_value();
}

Result<bool> Store::cancel(const DeliveryKey& key, WallTime now) {
  const sql::Values which = {key.subscription_id, key.sequence};
  const auto open_key = sql::query_value(
      *connection_, "SELECT open_key FROM deliveries WHERE subscription_id = ? AND sequence = ?",
      which);
  if (!open_key) return fail(open_key.error());
  const Result<std::int64_t> changed = connection_->execute(
      "UPDATE deliveries SET status = 'cancelled', due_at = NULL, open_key = NULL, "
      "finished_at = ? WHERE subscription_id = ? AND sequence = ? "
      "AND status IN ('pending', 'retrying', 'parked')",
      sql::Values{time_value(now), key.subscription_id, key.sequence});
  if (!changed) return fail(changed.error());
  if (*changed == 0) return false;
  if (*open_key)
    if (Result<void> woken = wake_next(key.subscription_id, **open_key, now); !woken)
      return fail(std::move(woken).error());
  return true;
}

Result<std::int64_t> Store::count_later(const std::string& subscription_id, WallTime now,
                                        std::int64_t enough) {
  return sql::query_number(
      *connection_,
      "SELECT count(*) FROM (SELECT 1 AS one FROM deliveries WHERE subscription_id = ? AND "
      "due_at > ? AND status = 'pending' LIMIT ?) AS later",
      sql::Values{subscription_id, time_value(now), enough});
}

}  // namespace tidemark::relay
