#include <fmt/format.h>

#include "relay/row.h"
#include "relay/row_lock.h"
#include "relay/store.h"
#include "sql/rows.h"

// Publishing: events, their identity, one delivery for each subscription.
namespace tidemark::relay {
namespace {

constexpr std::string_view stored_columns =
    "SELECT event_id, source_version, content_hash, voucher_id, voucher_no FROM events WHERE "
    "source_system = ? AND source_type = ? AND source_id = ?";

Result<std::optional<StoredEvent>> stored_event(sql::Connection& connection, std::string_view rest,
                                                const sql::Values& params) {
  return sql::first_row(connection.query(fmt::format("{} {}", stored_columns, rest), params),
                        [](const sql::Cursor& row) {
                          return StoredEvent{.event_id = text_at(row, 0),
                                             .source_version = number_at(row, 1),
                                             .content_hash = text_at(row, 2),
                                             .voucher_id = optional_number_at(row, 3),
                                             .voucher_no = text_at(row, 4)};
                        });
}

sql::Values source_of(const Publication& publication) {
  return values(publication.source_system, publication.source_type, publication.source_id);
}

std::string joined(const std::vector<std::string>& words) {
  return words.empty() ? std::string() : fmt::format("{}", fmt::join(words, ","));
}

}  // namespace

Result<std::optional<StoredEvent>> Store::latest(const Publication& publication) {
  sql::Values params = source_of(publication);
  params.emplace_back(publication.event_type);
  return stored_event(*connection_, "AND event_type = ? ORDER BY source_version DESC LIMIT 1",
                      params);
}

Result<std::optional<StoredEvent>> Store::version(const Publication& publication,
                                                  std::int64_t source_version) {
  sql::Values params = source_of(publication);
  params.emplace_back(publication.event_type);
  params.emplace_back(source_version);
  return stored_event(*connection_, "AND event_type = ? AND source_version = ?", params);
}

Result<std::int64_t> Store::highest_version(const Publication& publication) {
  return sql::query_number(*connection_,
                           "SELECT MAX(source_version) FROM events WHERE source_system = ? AND "
                           "source_type = ? AND source_id = ?",
                           source_of(publication));
}

Result<std::optional<StoredEvent>> Store::voucher_of(const Publication& publication) {
  return stored_event(*connection_,
                      "AND voucher_id IS NOT NULL ORDER BY event_type, source_version LIMIT 1",
                      source_of(publication));
}

Result<std::int64_t> Store::last_voucher_id() {
  return sql::query_number(*connection_,
                           fmt::format("SELECT value FROM counters WHERE counter = 'voucher_id'{}",
                                       lock_clause(RowLock::own, connection_->dialect())));
}

Result<void> Store::set_last_voucher_id(std::int64_t id) {
  return sql::write(*connection_, "UPDATE counters SET value = ? WHERE counter = 'voucher_id'",
                    sql::Values{id});
}

Result<void> Store::insert(const Event& event, const Publication& publication) {
  return sql::write(
      *connection_,
      "INSERT INTO events (event_id, event_type, source_system, source_type, source_id, "
      "source_version, voucher_id, voucher_no, target_systems, source_module, company_id, "
      "content_hash, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      values(event.id, event.type, event.source_system, event.source_type, event.source_id,
             event.source_version, number_value(event.voucher_id), event.voucher_no,
             joined(publication.target_systems), publication.source_module, publication.company_id,
             publication.content_hash, *event.body, time_value(event.created_at)));
}

Result<void> Store::set_next_sequence(const std::string& subscription_id, std::int64_t next) {
  return sql::write(*connection_,
                    "UPDATE subscriptions SET next_sequence = ? WHERE subscription_id = ?",
                    sql::Values{next, subscription_id});
}

Result<void> Store::insert_delivery(const DeliveryKey& key, const std::string& event_id,
                                    std::optional<WallTime> due_at,
                                    const std::optional<std::string>& open_key, WallTime now) {
  const sql::Value open = open_key ? sql::Value(*open_key) : sql::Value(std::monostate{});
  return sql::write(
      *connection_,
      "INSERT INTO deliveries (subscription_id, sequence, event_id, status, due_at, open_key, "
      "attempts, retry_step, last_error, last_message, created_at) "
      "VALUES (?, ?, ?, 'pending', ?, ?, 0, 0, '', '', ?)",
      values(key.subscription_id, key.sequence, event_id, time_value(due_at), open,
             time_value(now)));
}

Result<bool> Store::has_open(const std::string& subscription_id, const std::string& open_key) {
  // Locked: whoever finishes it at this moment on another hub either sees what is added behind it,
  // or has finished it before.
  const auto value = sql::query_value(
      *connection_,
      fmt::format("SELECT 1 FROM deliveries WHERE subscription_id = ? AND open_key = ? LIMIT 1{}",
                  lock_clause(RowLock::shared, connection_->dialect())),
      sql::Values{subscription_id, open_key});
  if (!value) return fail(value.error());
  return value->has_value();
}

Result<std::int64_t> Store::delivery_count(const std::string& event_id) {
  return sql::query_number(*connection_, "SELECT count(*) FROM deliveries WHERE event_id = ?",
                           sql::Values{event_id});
}

Result<std::optional<IdempotentAnswer>> Store::idempotent_answer(const std::string& key) {
  return sql::first_row(
      connection_->query(
          "SELECT request_hash, answer FROM idempotency_keys WHERE idempotency_key = ?",
          sql::Values{key}),
      [](const sql::Cursor& row) {
        return IdempotentAnswer{.request_hash = text_at(row, 0), .answer = text_at(row, 1)};
      });
}

Result<void> Store::keep_answer(const std::string& key, const IdempotentAnswer& answer,
                                WallTime now) {
  return sql::write(
      *connection_,
      "INSERT INTO idempotency_keys (idempotency_key, request_hash, answer, created_at) "
      "VALUES (?, ?, ?, ?)",
      sql::Values{key, answer.request_hash, answer.answer, time_value(now)});
}

}  // namespace tidemark::relay
