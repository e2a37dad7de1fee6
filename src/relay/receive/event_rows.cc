#include "relay/receive/event_rows.h"

#include <algorithm>
#include <array>
#include <functional>

#include "relay/receive/statements.h"
#include "sql/rows.h"

namespace tidemark::receive {
namespace {

constexpr std::array<std::string_view, 3> event_columns = {"source_system", "event_id",
                                                           "received_at"};
constexpr std::array<std::string_view, 11> voucher_columns = {
    "source_system", "source_type", "source_id", "event_id",        "event_type",    "voucher_id",
    "voucher_no",    "body",        "synced_at", "event_timestamp", "source_version"};
constexpr std::array<std::string_view, 3> voucher_key = {"source_system", "source_type",
                                                         "source_id"};
constexpr std::array<std::string_view, 19> invoice_columns = {
    "invoice_id",      "invoice_no",        "amount",     "currency",
    "issue_date",      "direction",         "company_id", "counterparty_type",
    "counterparty_id", "counterparty_name", "voucher_id", "voucher_no",
    "source_system",   "event_type",        "synced_at",  "event_timestamp",
    "source_version",  "source_type",       "source_id"};
constexpr std::array<std::string_view, 2> invoice_key = {"invoice_id", "source_system"};

/// Few texts, so that the prepared statements are found again.
constexpr std::array<std::size_t, 4> chunk_sizes = {64, 16, 4, 1};

std::size_t chunk_of(std::size_t rows) {
  return *std::ranges::find_if(chunk_sizes, [&](std::size_t size) { return size <= rows; });
}

sql::Value value(const std::optional<std::string>& text) {
  return text ? sql::Value(*text) : sql::Value();
}
sql::Value value(const std::optional<std::int64_t>& number) {
  return number ? sql::Value(*number) : sql::Value();
}

/// Runs `sql_for(rows)` for all `rows`, several at a time. Returns the rows that were changed.
Result<std::int64_t> execute_rows(sql::Connection& connection, std::span<const sql::Values> rows,
                                  const std::function<std::string(std::size_t)>& sql_for) {
  std::int64_t changed = 0;
  while (!rows.empty()) {
    const std::size_t count = chunk_of(rows.size());
    sql::Values params;
    for (const sql::Values& row : rows.first(count))
      params.insert(params.end(), row.begin(), row.end());
    const Result<std::int64_t> done = connection.execute(sql_for(count), params);
    if (!done) return done;
    changed += *done;
    rows = rows.subspan(count);
  }
  return changed;
}

sql::Values voucher_row(const ReceivedEvent& event, const std::string& now) {
  return {
      event.source_system,     event.source_type,       event.source_id, event.id, event.event_type,
      value(event.voucher_id), value(event.voucher_no), event.body,      now,      event.timestamp,
      event.source_version};
}

sql::Values invoice_row(const ReceivedEvent& event, const std::string& now) {
  const ReceivedInvoice& invoice = *event.invoice;
  return {invoice.invoice_id,
          invoice.invoice_no,
          value(invoice.amount),
          value(invoice.currency),
          value(invoice.issue_date),
          value(invoice.direction),
          value(invoice.company_id),
          value(invoice.counterparty_type),
          value(invoice.counterparty_id),
          value(invoice.counterparty_name),
          value(event.voucher_id),
          value(event.voucher_no),
          event.source_system,
          event.event_type,
          now,
          event.timestamp,
          event.source_version,
          event.source_type,
          event.source_id};
}

/// Of each key the newest event. Sorted by key, so that two receivers lock in the same order.
template <class Key>
class Newest {
 public:
  void offer(Key key, const ReceivedEvent& event) {
    const auto [place, added] = newest_.try_emplace(std::move(key), &event);
    if (!added && event.replaces(*place->second)) place->second = &event;
  }
  template <class Row>
  std::vector<sql::Values> rows(const Row& row, const std::string& now) const {
    std::vector<sql::Values> rows;
    rows.reserve(newest_.size());
    for (const auto& [key, event] : newest_) rows.push_back(row(*event, now));
    return rows;
  }

 private:
  std::map<Key, const ReceivedEvent*> newest_;
};

}  // namespace

Result<std::int64_t> insert_event_ids(sql::Connection& connection, std::span<const EventKey> keys,
                                      const std::string& now) {
  std::vector<sql::Values> rows;
  rows.reserve(keys.size());
  for (const auto& [system, id] : keys) rows.push_back({system, id, now});
  return execute_rows(connection, rows, [&](std::size_t count) {
    return insert_absent_sql(connection.dialect(), "received_events", event_columns, count);
  });
}

Result<void> write_newer(sql::Connection& connection, std::span<const ReceivedEvent* const> events,
                         const std::string& now) {
  Newest<std::tuple<std::string, std::string, std::string>> vouchers;
  Newest<std::pair<std::int64_t, std::string>> invoices;
  for (const ReceivedEvent* const event : events) {
    vouchers.offer({event->source_system, event->source_type, event->source_id}, *event);
    if (event->invoice) invoices.offer({event->invoice->invoice_id, event->source_system}, *event);
  }
  const sql::Dialect dialect = connection.dialect();
  const auto kept = execute_rows(connection, vouchers.rows(voucher_row, now), [&](std::size_t n) {
    return upsert_newer_sql(dialect, "received_vouchers", voucher_columns, voucher_key, n);
  });
  if (!kept) return fail(kept.error());
  const auto cached = execute_rows(connection, invoices.rows(invoice_row, now), [&](std::size_t n) {
    return upsert_latest_sql(dialect, "tax_invoice_cache", invoice_columns, invoice_key, n);
  });
  if (!cached) return fail(cached.error());
  return {};
}

Result<std::vector<EventKey>> known_events(sql::Connection& connection,
                                           std::span<const EventKey> keys) {
  std::vector<EventKey> known;
  while (!keys.empty()) {
    const std::size_t count = chunk_of(keys.size());
    sql::Values params;
    for (const auto& [system, id] : keys.first(count)) {
      params.emplace_back(system);
      params.emplace_back(id);
    }
    Result<void> read =
        sql::each_row(connection.query(known_events_sql(connection.dialect(), count), params),
                      [&known](const sql::Cursor& row) {
                        known.emplace_back(row.at(0).value_or(""), row.at(1).value_or(""));
                      });
    if (!read) return fail(std::move(read));
    keys = keys.subspan(count);
  }
  return known;
}

}  // namespace tidemark::receive
