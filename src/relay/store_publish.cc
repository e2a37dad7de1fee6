#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/parse_integer.h"
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

std::string source_key(const Publication& publication) {
  return ordering_key(publication.source_system, publication.source_type, publication.source_id);
}

std::string joined(const std::vector<std::string>& words) {
  return words.empty() ? std::string() : fmt::format("{}", fmt::join(words, ","));
}

}  // namespace

Result<void> Store::write_events_of(const Publication& publication) {
  return gathered_.holds_event_of(source_key(publication)) ? write_what_waits() : Result<void>{};
}

Result<std::optional<StoredEvent>> Store::latest(const Publication& publication) {
  if (Result<void> written = write_events_of(publication); !written)
    return fail(std::move(written));
  sql::Values params = source_of(publication);
  params.emplace_back(publication.event_type);
  return stored_event(*connection_, "AND event_type = ? ORDER BY source_version DESC LIMIT 1",
                      params);
}

Result<std::optional<StoredEvent>> Store::version(const Publication& publication,
                                                  std::int64_t source_version) {
  if (Result<void> written = write_events_of(publication); !written)
    return fail(std::move(written));
  sql::Values params = source_of(publication);
  params.emplace_back(publication.event_type);
  params.emplace_back(source_version);
  return stored_event(*connection_, "AND event_type = ? AND source_version = ?", params);
}

Result<void> Store::look_up_versions(std::span<const Publication* const> publications) {
  if (publications.empty()) return {};
  // One row for each, and its answer from the index of identities.
  const bool postgres = connection_->dialect() == sql::Dialect::postgres;
  const std::string_view first =
      postgres ? "VALUES (?, ?, ?, ?)" : "SELECT ? AS place, ? AS a, ? AS b, ? AS c";
  const std::string_view next = postgres ? ", (?, ?, ?, ?)" : " UNION ALL SELECT ?, ?, ?, ?";
  std::string rows;
  sql::Values params;
  for (std::size_t place = 0; place < publications.size(); ++place) {
    rows += place == 0 ? first : next;
    params.emplace_back(static_cast<std::int64_t>(place));
    for (sql::Value& part : source_of(*publications[place])) params.push_back(std::move(part));
  }
  return sql::each_row(
      connection_->query(
          fmt::format("SELECT v.place, (SELECT MAX(e.source_version) FROM events e WHERE "
                      "e.source_system = v.a AND e.source_type = v.b AND e.source_id = v.c) "
                      "FROM ({}) AS v{}",
                      rows, postgres ? "(place, a, b, c)" : ""),
          params),
      [&](const sql::Cursor& row) {
        const Publication& one = *publications[static_cast<std::size_t>(number_at(row, 0))];
        versions_[source_key(one)] = number_at(row, 1);
      });
}

Result<std::int64_t> Store::highest_version(const Publication& publication) {
  if (const auto known = versions_.find(source_key(publication)); known != versions_.end())
    return known->second;
  if (Result<void> written = write_events_of(publication); !written)
    return fail(std::move(written));
  return sql::query_number(*connection_,
                           "SELECT MAX(source_version) FROM events WHERE source_system = ? AND "
                           "source_type = ? AND source_id = ?",
                           source_of(publication));
}

Result<std::optional<StoredEvent>> Store::voucher_of(const Publication& publication) {
  if (Result<void> written = write_events_of(publication); !written)
    return fail(std::move(written));
  return stored_event(*connection_,
                      "AND voucher_id IS NOT NULL ORDER BY event_type, source_version LIMIT 1",
                      source_of(publication));
}

Result<std::optional<std::string>> Store::source_of_voucher(std::int64_t voucher_id) {
  if (const auto known = vouchers_.find(voucher_id); known != vouchers_.end()) return known->second;
  return sql::first_row(
      connection_->query("SELECT source_system, source_type, source_id FROM events WHERE "
                         "voucher_id = ? LIMIT 1",
                         sql::Values{voucher_id}),
      [](const sql::Cursor& row) {
        return ordering_key(text_at(row, 0), text_at(row, 1), text_at(row, 2));
      });
}

Result<void> Store::look_up_vouchers(std::span<const Publication* const> publications) {
  sql::Values ids;
  for (const Publication* const one : publications) {
    if (!one->voucher_id || !vouchers_.try_emplace(*one->voucher_id).second) continue;
    ids.emplace_back(*one->voucher_id);
  }
  if (ids.empty()) return {};
  std::string places = "?";
  for (std::size_t i = 1; i < ids.size(); ++i) places += ", ?";
  return sql::each_row(
      connection_->query(fmt::format("SELECT DISTINCT voucher_id, source_system, source_type, "
                                     "source_id FROM events WHERE voucher_id IN ({})",
                                     places),
                         ids),
      [&](const sql::Cursor& row) {
        vouchers_[number_at(row, 0)] =
            ordering_key(text_at(row, 1), text_at(row, 2), text_at(row, 3));
      });
}

Result<std::int64_t> Store::free_voucher_id(std::int64_t from) {
  while (true) {
    if (!used_voucher_ || from < used_voucher_->from || from > used_voucher_->id) {
      const auto used =
          sql::query_value(*connection_, "SELECT MIN(voucher_id) FROM events WHERE voucher_id >= ?",
                           sql::Values{from});
      if (!used) return fail(used.error());
      constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
      used_voucher_ =
          UsedVoucher{.from = from, .id = *used ? parse_integer(**used).value_or(none) : none};
    }
    // What is not written yet counts, too.
    const auto known = vouchers_.find(from);
    if (known != vouchers_.end() && known->second) {
      ++from;
      continue;
    }
    if (from < used_voucher_->id) return from;
    const Result<std::int64_t> gap = sql::query_number(
        *connection_,
        "SELECT MIN(e.voucher_id) + 1 FROM events e WHERE e.voucher_id >= ? AND NOT EXISTS "
        "(SELECT 1 FROM events n WHERE n.voucher_id = e.voucher_id + 1)",
        sql::Values{from});
    if (!gap) return gap;
    from = *gap;
  }
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
  sql::Values row =
      values(event.id, event.type, event.source_system, event.source_type, event.source_id,
             event.source_version, number_value(event.voucher_id), event.voucher_no,
             joined(publication.target_systems), publication.source_module, publication.company_id,
             publication.content_hash, *event.body, time_value(event.created_at));
  std::string source = source_key(publication);
  if (const auto known = versions_.find(source); known != versions_.end())
    known->second = std::max(known->second, event.source_version);
  if (event.voucher_id) vouchers_[*event.voucher_id] = source;
  if (gathering_) {
    gathered_.add_event(std::move(row), std::move(source));
    return {};
  }
  return sql::write(
      *connection_,
      "INSERT INTO events (event_id, event_type, source_system, source_type, source_id, "
      "source_version, voucher_id, voucher_no, target_systems, source_module, company_id, "
      "content_hash, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row);
}

Result<void> Store::set_next_sequence(const std::string& subscription_id, std::int64_t next) {
  return sql::write(*connection_,
                    "UPDATE subscriptions SET next_sequence = ? WHERE subscription_id = ?",
                    sql::Values{next, subscription_id});
}

Result<void> Store::insert_delivery(const NewDelivery& delivery, WallTime now) {
  const sql::Value open =
      delivery.open_key ? sql::Value(*delivery.open_key) : sql::Value(std::monostate{});
  if (gathering_ && !delivery.open_key) {
    gathered_.add_delivery(values(
        delivery.key.subscription_id, delivery.key.sequence, delivery.event_id,
        std::string("pending"), time_value(delivery.due_at), open, std::int64_t{0}, std::int64_t{0},
        std::string(), std::string(), time_value(now), time_value(delivery.wanted_at)));
    return {};
  }
  return sql::write(
      *connection_,
      "INSERT INTO deliveries (subscription_id, sequence, event_id, status, due_at, open_key, "
      "attempts, retry_step, last_error, last_message, created_at, wanted_at) "
      "VALUES (?, ?, ?, 'pending', ?, ?, 0, 0, '', '', ?, ?)",
      values(delivery.key.subscription_id, delivery.key.sequence, delivery.event_id,
             time_value(delivery.due_at), open, time_value(now), time_value(delivery.wanted_at)));
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
  if (!gathered_.empty())
    if (Result<void> written = write_what_waits(); !written) return fail(std::move(written));
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
