#include <fmt/format.h>

#include "relay/event_id.h"
#include "relay/row.h"
#include "relay/store.h"

// Delivering: what is due, what became of it, repairs by hand.
namespace tidemark::relay {
namespace {

Result<void> done(Result<std::int64_t>&& written) {
  if (!written) return fail(std::move(written));
  return {};
}

constexpr std::string_view event_columns =
    "e.event_id, e.event_type, e.source_system, e.source_type, e.source_id, e.source_version, "
    "e.voucher_id, e.voucher_no, e.body, e.created_at";

std::shared_ptr<const Event> event_of(const sql::Cursor& row, std::size_t first) {
  auto event = std::make_shared<Event>();
  event->id = text_at(row, first);
  event->type = text_at(row, first + 1);
  event->source_system = text_at(row, first + 2);
  event->source_type = text_at(row, first + 3);
  event->source_id = text_at(row, first + 4);
  event->source_version = number_at(row, first + 5);
  event->voucher_id = optional_number_at(row, first + 6);
  event->voucher_no = text_at(row, first + 7);
  event->body = std::make_shared<const std::string>(text_at(row, first + 8));
  event->created_at = time_at(row, first + 9);
  return event;
}

DueDelivery due_delivery_of(const sql::Cursor& row) {
  return {.sequence = number_at(row, 0),
          .attempts = number_at(row, 1),
          .retry_step = number_at(row, 2),
          .due_at = time_at(row, 3),
          .created_at = time_at(row, 4),
          .ordered = row.at(5).has_value(),
          .event = event_of(row, 6)};
}

Result<std::vector<DeliveryKey>> keys_of(Result<std::unique_ptr<sql::Cursor>> cursor) {
  if (!cursor) return fail(std::move(cursor));
  std::vector<DeliveryKey> keys;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return keys;
    keys.push_back({text_at(**cursor, 0), number_at(**cursor, 1)});
  }
}

}  // namespace

Result<std::vector<DueDelivery>> Store::due(const std::string& subscription_id, WallTime upto,
                                            WallTime after_due, std::int64_t after_sequence,
                                            std::int64_t limit) {
  const std::string sql = fmt::format(
      "SELECT d.sequence, d.attempts, d.retry_step, d.due_at, d.created_at, d.open_key, {} "
      "FROM deliveries d JOIN events e ON e.event_id = d.event_id "
      "WHERE d.subscription_id = ? AND d.due_at <= ? AND d.due_at >= ? "
      "AND (d.due_at > ? OR d.sequence > ?) ORDER BY d.due_at, d.sequence LIMIT ?",
      event_columns);
  auto cursor =
      connection_->query(sql, sql::Values{subscription_id, time_value(upto), time_value(after_due),
                                          time_value(after_due), after_sequence, limit});
  if (!cursor) return fail(std::move(cursor));
  std::vector<DueDelivery> deliveries;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return deliveries;
    deliveries.push_back(due_delivery_of(**cursor));
  }
}

Result<std::optional<WallTime>> Store::next_due(const std::string& subscription_id, WallTime now) {
  auto cursor = connection_->query(
      "SELECT MIN(due_at) FROM deliveries WHERE subscription_id = ? AND due_at > ?",
      sql::Values{subscription_id, time_value(now)});
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::optional<WallTime>{};
  return optional_time_at(**cursor, 0);
}

Result<void> Store::record(const AttemptRecord& attempt) {
  // An outcome may be written twice: the connection broke while the server committed.
  const bool mysql = connection_->dialect() == sql::Dialect::mysql;
  return done(connection_->execute(
      std::string(mysql ? "INSERT IGNORE" : "INSERT") +
          " INTO attempts (subscription_id, sequence, attempt, started_at, duration_us, "
          "status_code, error_code, message, response) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" +
          (mysql ? "" : " ON CONFLICT DO NOTHING"),
      sql::Values{attempt.key.subscription_id, attempt.key.sequence, attempt.attempt,
                  time_value(attempt.started_at), std::int64_t{attempt.duration.count()},
                  status_value(attempt.status_code), attempt.error_code, attempt.message,
                  attempt.response}));
}

Result<bool> Store::change(const DeliveryChange& change) {
  const Result<std::int64_t> changed = connection_->execute(
      change.open ? "UPDATE deliveries SET status = ?, due_at = ?, attempts = ?, retry_step = ?, "
                    "last_status_code = ?, last_error = ?, last_message = ?, "
                    "started_at = COALESCE(started_at, ?), finished_at = ? "
                    "WHERE subscription_id = ? AND sequence = ? "
                    "AND status IN ('pending', 'retrying')"
                  : "UPDATE deliveries SET status = ?, due_at = ?, attempts = ?, retry_step = ?, "
                    "last_status_code = ?, last_error = ?, last_message = ?, "
                    "started_at = COALESCE(started_at, ?), finished_at = ?, open_key = NULL "
                    "WHERE subscription_id = ? AND sequence = ? "
                    "AND status IN ('pending', 'retrying')",
      sql::Values{std::string(name(change.status)), time_value(change.due_at), change.attempts,
                  change.retry_step, status_value(change.status_code), change.error_code,
                  change.message, time_value(change.started_at), time_value(change.finished_at),
                  change.key.subscription_id, change.key.sequence});
  if (!changed) return fail(changed.error());
  if (*changed > 0) return true;
  // Cancelled meanwhile, say; the attempt was made all the same, and its number is taken.
  if (auto counted = connection_->execute(
          "UPDATE deliveries SET attempts = ? WHERE subscription_id = ? AND sequence = ? "
          "AND attempts < ?",
          sql::Values{change.attempts, change.key.subscription_id, change.key.sequence,
                      change.attempts});
      !counted)
    return fail(counted.error());
  return false;
}

Result<void> Store::wake_next(const std::string& subscription_id, const std::string& open_key,
                              WallTime now) {
  auto cursor = connection_->query(
      "SELECT MIN(sequence) FROM deliveries WHERE subscription_id = ? AND open_key = ?",
      sql::Values{subscription_id, open_key});
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  const std::optional<std::int64_t> next = *row ? optional_number_at(**cursor, 0) : std::nullopt;
  cursor->reset();
  if (!next) return {};
  return done(connection_->execute(
      "UPDATE deliveries SET due_at = ? WHERE subscription_id = ? AND sequence = ? "
      "AND due_at IS NULL AND status IN ('pending', 'retrying')",
      sql::Values{time_value(now), subscription_id, *next}));
}

Result<std::optional<std::int64_t>> Store::delivery_of(const std::string& subscription_id,
                                                       const std::string& event_id) {
  auto cursor = connection_->query(
      "SELECT MIN(sequence) FROM deliveries WHERE event_id = ? AND subscription_id = ?",
      sql::Values{event_id, subscription_id});
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::optional<std::int64_t>{};
  return optional_number_at(**cursor, 0);
}

Result<std::shared_ptr<const Event>> Store::event(const std::string& event_id) {
  auto cursor =
      connection_->query(fmt::format("SELECT {} FROM events e WHERE e.event_id = ?", event_columns),
                         sql::Values{event_id});
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row)
    return fail(ErrorKind::not_found, {"there is no event '{}'", "没有事件“{}”"}, event_id);
  return event_of(**cursor, 0);
}

Result<bool> Store::retry_now(const DeliveryKey& key, WallTime now) {
  const Result<std::int64_t> changed = connection_->execute(
      "UPDATE deliveries SET status = CASE WHEN attempts = 0 THEN 'pending' ELSE 'retrying' END, "
      "due_at = ?, retry_step = 0, finished_at = NULL WHERE subscription_id = ? AND sequence = ? "
      "AND NOT (due_at IS NULL AND status IN ('pending', 'retrying'))",
      sql::Values{time_value(now), key.subscription_id, key.sequence});
  if (!changed) return fail(changed.error());
  if (*changed > 0) return true;
  // One that waits for an earlier one of its source is there, and goes on waiting.
  const auto there = sql::query_value(
      *connection_, "SELECT 1 FROM deliveries WHERE subscription_id = ? AND sequence = ?",
      sql::Values{key.subscription_id, key.sequence});
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

Result<void> Store::make_due(const std::string& subscription_id, WallTime now) {
  return done(connection_->execute(
      "UPDATE deliveries SET due_at = ? WHERE subscription_id = ? AND due_at > ? "
      "AND status = 'pending'",
      sql::Values{time_value(now), subscription_id, time_value(now)}));
}

Result<std::int64_t> Store::prune(WallTime before, std::int64_t limit) {
  // Event ids sort by the time of publishing, which bounds the search.
  auto finished = keys_of(connection_->query(
      "SELECT subscription_id, sequence FROM deliveries WHERE event_id < ? AND finished_at < ? "
      "AND status IN ('delivered', 'cancelled') LIMIT ?",
      sql::Values{event_id_floor(before), time_value(before), limit}));
  if (!finished) return fail(std::move(finished));
  for (const DeliveryKey& key : *finished)
    for (const std::string_view table : {"attempts", "deliveries"})
      if (auto gone = connection_->execute(
              fmt::format("DELETE FROM {} WHERE subscription_id = ? AND sequence = ?", table),
              sql::Values{key.subscription_id, key.sequence});
          !gone)
        return fail(std::move(gone));
  if (Result<void> gone = prune_events(before, limit); !gone) return fail(std::move(gone).error());
  if (auto gone = connection_->execute("DELETE FROM idempotency_keys WHERE created_at < ?",
                                       sql::Values{time_value(before)});
      !gone)
    return fail(std::move(gone));
  return static_cast<std::int64_t>(finished->size());
}

Result<void> Store::prune_events(WallTime before, std::int64_t limit) {
  // The newest version of a source stays: receivers look it up.
  auto cursor = connection_->query(
      "SELECT e.event_id FROM events e WHERE e.event_id < ? AND NOT EXISTS (SELECT 1 FROM "
      "deliveries d WHERE d.event_id = e.event_id) AND EXISTS (SELECT 1 FROM events n WHERE "
      "n.source_system = e.source_system AND n.source_type = e.source_type AND "
      "n.source_id = e.source_id AND n.event_type = e.event_type AND "
      "n.source_version > e.source_version) LIMIT ?",
      sql::Values{event_id_floor(before), limit});
  if (!cursor) return fail(std::move(cursor));
  std::vector<std::string> ids;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) break;
    ids.push_back(text_at(**cursor, 0));
  }
  cursor->reset();
  for (const std::string& id : ids)
    if (auto gone = connection_->execute("DELETE FROM events WHERE event_id = ?", sql::Values{id});
        !gone)
      return fail(std::move(gone));
  return {};
}

}  // namespace tidemark::relay
