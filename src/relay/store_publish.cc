#include <fmt/format.h>

#include "relay/row.h"
#include "relay/share_lock.h"
#include "relay/store.h"

// Publishing: events, their identity, one delivery for each subscription.
namespace tidemark::relay {
namespace {

constexpr std::string_view stored_columns =
    "SELECT event_id, source_version, content_hash, voucher_id, voucher_no FROM events WHERE "
    "source_system = ? AND source_type = ? AND source_id = ?";

Result<std::optional<StoredEvent>> stored_event(sql::Connection& connection, std::string_view rest,
                                                const sql::Values& params) {
  auto cursor = connection.query(fmt::format("{} {}", stored_columns, rest), params);
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::optional<StoredEvent>{};
  const sql::Cursor& at = **cursor;
  return StoredEvent{.event_id = text_at(at, 0),
                     .source_version = number_at(at, 1),
                     .content_hash = text_at(at, 2),
                     .voucher_id = optional_number_at(at, 3),
                     .voucher_no = text_at(at, 4)};
}

sql::Values source_of(const Publication& publication) {
  return {publication.source_system, publication.source_type, publication.source_id};
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ","));
}

Result<void> done(Result<std::int64_t>&& written) {
  if (!written) return fail(std::move(written));
  return {};
}

Result<std::int64_t> number(sql::Connection& connection, std::string_view sql,
                            const sql::Values& params) {
  const auto value = sql::query_value(connection, sql, params);
  if (!value) return fail(value.error());
  std::int64_t result = 0;
  if (*value) std::from_chars((*value)->data(), (*value)->data() + (*value)->size(), result);
  return result;
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
  return number(*connection_,
                "SELECT MAX(source_version) FROM events WHERE source_system = ? AND "
                "source_type = ? AND source_id = ?",
                source_of(publication));
}

Result<std::optional<StoredEvent>> Store::voucher_of(const Publication& publication) {
  return stored_event(*connection_,
                      "AND voucher_id IS NOT NULL ORDER BY event_type, source_version LIMIT 1",
                      source_of(publication));
}

Result<std::int64_t> Store::next_voucher_id() {
  if (auto counted = connection_->execute(
          "UPDATE counters SET value = value + 1 WHERE counter = 'voucher_id'");
      !counted)
    return fail(std::move(counted));
  return number(*connection_, "SELECT value FROM counters WHERE counter = 'voucher_id'", {});
}

Result<void> Store::insert(const Event& event, const Publication& publication) {
  return done(connection_->execute(
      "INSERT INTO events (event_id, event_type, source_system, source_type, source_id, "
      "source_version, voucher_id, voucher_no, target_systems, source_module, company_id, "
      "content_hash, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      sql::Values{event.id, event.type, event.source_system, event.source_type, event.source_id,
                  event.source_version, number_value(event.voucher_id), event.voucher_no,
                  joined(publication.target_systems), publication.source_module,
                  publication.company_id, publication.content_hash, *event.body,
                  time_value(event.created_at)}));
}

Result<std::int64_t> Store::next_sequence(const std::string& subscription_id) {
  return number(*connection_,
                shared() ? "SELECT next_sequence FROM subscriptions WHERE subscription_id = ? "
                           "FOR UPDATE"
                         : "SELECT next_sequence FROM subscriptions WHERE subscription_id = ?",
                {subscription_id});
}

Result<void> Store::set_next_sequence(const std::string& subscription_id, std::int64_t next) {
  return done(
      connection_->execute("UPDATE subscriptions SET next_sequence = ? WHERE subscription_id = ?",
                           sql::Values{next, subscription_id}));
}

Result<void> Store::insert_delivery(const DeliveryKey& key, const std::string& event_id,
                                    std::optional<WallTime> due_at,
                                    const std::optional<std::string>& open_key, WallTime now) {
  const sql::Value open = open_key ? sql::Value(*open_key) : sql::Value(std::monostate{});
  return done(connection_->execute(
      "INSERT INTO deliveries (subscription_id, sequence, event_id, status, due_at, open_key, "
      "attempts, retry_step, last_error, last_message, created_at) "
      "VALUES (?, ?, ?, 'pending', ?, ?, 0, 0, '', '', ?)",
      sql::Values{key.subscription_id, key.sequence, event_id, time_value(due_at), open,
                  time_value(now)}));
}

Result<bool> Store::has_open(const std::string& subscription_id, const std::string& open_key) {
  // Locked: whoever finishes it at this moment on another hub either sees what is added behind it,
  // or has finished it before.
  const auto value = sql::query_value(
      *connection_,
      fmt::format("SELECT 1 FROM deliveries WHERE subscription_id = ? AND open_key = ? LIMIT 1{}",
                  share_lock(connection_->dialect())),
      sql::Values{subscription_id, open_key});
  if (!value) return fail(value.error());
  return value->has_value();
}

Result<std::int64_t> Store::delivery_count(const std::string& event_id) {
  return number(*connection_, "SELECT count(*) FROM deliveries WHERE event_id = ?", {event_id});
}

Result<std::optional<IdempotentAnswer>> Store::idempotent_answer(const std::string& key) {
  auto cursor = connection_->query(
      "SELECT request_hash, answer FROM idempotency_keys WHERE idempotency_key = ?",
      sql::Values{key});
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::optional<IdempotentAnswer>{};
  return IdempotentAnswer{.request_hash = text_at(**cursor, 0), .answer = text_at(**cursor, 1)};
}

Result<void> Store::keep_answer(const std::string& key, const IdempotentAnswer& answer,
                                WallTime now) {
  return done(connection_->execute(
      "INSERT INTO idempotency_keys (idempotency_key, request_hash, answer, created_at) "
      "VALUES (?, ?, ?, ?)",
      sql::Values{key, answer.request_hash, answer.answer, time_value(now)}));
}

}  // namespace tidemark::relay
