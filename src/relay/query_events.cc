#include <fmt/format.h>

#include "relay/event_id.h"
#include "relay/event_row.h"
#include "relay/query.h"
#include "relay/query_where.h"
#include "relay/row.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

Result<std::vector<Event>> read_all(Result<std::unique_ptr<sql::Cursor>> cursor) {
  return sql::all_rows(std::move(cursor), [](const sql::Cursor& row) { return read_event(row); });
}

Where conditions(const VoucherFilter& filter) {
  Where where;
  where.add("e.voucher_id IS NOT NULL");
  where.equal("e.source_system", filter.source_system);
  where.equal("e.source_type", filter.source_type);
  where.equal("e.source_id", filter.source_id);
  where.equal("e.event_type", filter.event_type);
  where.equal("e.voucher_no", filter.voucher_no);
  if (filter.since) where.add("e.event_id >= ?", event_id_floor(*filter.since));
  if (filter.before) where.add("e.event_id < ?", event_id_floor(*filter.before));
  return where;
}

}  // namespace

Result<std::vector<Event>> list_vouchers(sql::Connection& connection, const VoucherFilter& filter,
                                         const std::string& after_event, std::int64_t limit) {
  Where where = conditions(filter);
  if (!after_event.empty()) where.add("e.event_id < ?", after_event);
  return read_all(
      connection.query(fmt::format("SELECT {} FROM events e{} ORDER BY e.event_id DESC LIMIT ?",
                                   event_columns, where.text()),
                       where.params(limit)));
}

Result<std::vector<Event>> latest_of_source(sql::Connection& connection,
                                            const VoucherFilter& filter) {
  Where where = conditions(filter);
  where.add(
      "NOT EXISTS (SELECT 1 FROM events n WHERE n.source_system = e.source_system AND "
      "n.source_type = e.source_type AND n.source_id = e.source_id AND "
      "n.event_type = e.event_type AND n.source_version > e.source_version)");
  return read_all(connection.query(fmt::format("SELECT {} FROM events e{} ORDER BY e.event_id DESC",
                                               event_columns, where.text()),
                                   where.params()));
}

Result<std::vector<Event>> events_of_voucher(sql::Connection& connection, std::int64_t voucher_id,
                                             std::int64_t limit) {
  return read_all(connection.query(
      fmt::format("SELECT {} FROM events e WHERE e.voucher_id = ? ORDER BY e.event_id DESC LIMIT ?",
                  event_columns),
      sql::Values{voucher_id, limit}));
}

Result<std::optional<Event>> find_event(sql::Connection& connection, const std::string& event_id) {
  auto events = read_all(
      connection.query(fmt::format("SELECT {} FROM events e WHERE e.event_id = ?", event_columns),
                       sql::Values{event_id}));
  if (!events) return fail(std::move(events));
  if (events->empty()) return std::optional<Event>{};
  return std::move(events->front());
}

Result<std::vector<SequencedEvent>> events_after(sql::Connection& connection,
                                                 const std::string& subscription_id,
                                                 std::int64_t after, std::int64_t limit,
                                                 std::size_t bytes_max) {
  auto cursor = connection.query(
      fmt::format("SELECT {}, d.sequence FROM deliveries d JOIN events e ON "
                  "e.event_id = d.event_id WHERE d.subscription_id = ? AND d.sequence > ? "
                  "ORDER BY d.sequence LIMIT ?",
                  event_columns),
      sql::Values{subscription_id, after, limit});
  if (!cursor) return fail(std::move(cursor));
  std::vector<SequencedEvent> events;
  for (std::size_t bytes = 0; bytes < bytes_max;) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) break;
    events.push_back({number_at(**cursor, event_columns_count), read_event(**cursor)});
    bytes += events.back().event.body->size();
  }
  return events;
}

}  // namespace tidemark::relay
