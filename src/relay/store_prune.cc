#include <fmt/format.h>

#include "relay/event_id.h"
#include "relay/row.h"
#include "relay/store.h"
#include "sql/rows.h"

// Retention.
namespace tidemark::relay {

Result<bool> Store::prune_finished(WallTime before, std::int64_t limit) {
  const auto finished = sql::all_rows(
      connection_->query("SELECT subscription_id, sequence FROM deliveries WHERE status IN "
                         "('delivered', 'cancelled') AND finished_at < ? LIMIT ?",
                         sql::Values{time_value(before), limit}),
      [](const sql::Cursor& row) { return DeliveryKey{text_at(row, 0), number_at(row, 1)}; });
  if (!finished) return fail(finished.error());
  for (const DeliveryKey& key : *finished)
    for (const std::string_view table : {"attempts", "deliveries"})
      if (Result<void> gone = sql::write(
              *connection_,
              fmt::format("DELETE FROM {} WHERE subscription_id = ? AND sequence = ?", table),
              sql::Values{key.subscription_id, key.sequence});
          !gone)
        return fail(std::move(gone));

  const auto keys =
      sql::all_rows(connection_->query(
                        "SELECT idempotency_key FROM idempotency_keys WHERE created_at < ? LIMIT ?",
                        sql::Values{time_value(before), limit}),
                    [](const sql::Cursor& row) { return text_at(row, 0); });
  if (!keys) return fail(keys.error());
  for (const std::string& key : *keys)
    if (Result<void> gone =
            sql::write(*connection_, "DELETE FROM idempotency_keys WHERE idempotency_key = ?",
                       sql::Values{key});
        !gone)
      return fail(std::move(gone));
  return std::ssize(*finished) == limit || std::ssize(*keys) == limit;
}

Result<std::optional<std::string>> Store::prune_events(WallTime before, const std::string& after,
                                                       std::int64_t limit) {
  struct Seen {
    std::string id;
    bool needed;
  };
  // The newest version of a source stays: receivers look it up.
  const auto seen = sql::all_rows(
      connection_->query(
          "SELECT e.event_id, CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE "
          "d.event_id = e.event_id) OR NOT EXISTS (SELECT 1 FROM events n WHERE "
          "n.source_system = e.source_system AND n.source_type = e.source_type AND "
          "n.source_id = e.source_id AND n.event_type = e.event_type AND "
          "n.source_version > e.source_version) THEN 1 ELSE 0 END FROM events e WHERE "
          "e.event_id > ? AND e.event_id < ? ORDER BY e.event_id LIMIT ?",
          sql::Values{after, event_id_floor(before), limit}),
      [](const sql::Cursor& row) { return Seen{text_at(row, 0), number_at(row, 1) != 0}; });
  if (!seen) return fail(seen.error());
  for (const Seen& event : *seen) {
    if (event.needed) continue;
    if (Result<void> gone = sql::write(*connection_, "DELETE FROM events WHERE event_id = ?",
                                       sql::Values{event.id});
        !gone)
      return fail(std::move(gone));
  }
  if (std::ssize(*seen) < limit) return std::nullopt;
  return seen->back().id;
}

}  // namespace tidemark::relay
