#include "relay/row.h"
#include "relay/store.h"
#include "sql/rows.h"

// A subscription's order, when its settings change: what waits for what.
namespace tidemark::relay {
namespace {

/// relay::ordering_key() of the event, in SQL.
std::string_view key_of_event(sql::Dialect dialect) {
  switch (dialect) {
    case sql::Dialect::mysql:
      return "CONCAT(e.source_system, CHAR(31), e.source_type, CHAR(31), e.source_id)";
    case sql::Dialect::postgres:
      return "e.source_system || chr(31) || e.source_type || chr(31) || e.source_id";
    case sql::Dialect::sqlite:
      break;
  }
  return "e.source_system || char(31) || e.source_type || char(31) || e.source_id";
}

}  // namespace

Result<std::vector<std::string>> Store::open_keys(const std::string& subscription_id,
                                                  std::string_view which) {
  return sql::all_rows(
      connection_->query("SELECT open_key FROM deliveries WHERE subscription_id = ? AND open_key "
                         "IS NOT NULL " +
                             std::string(which),
                         sql::Values{subscription_id}),
      [](const sql::Cursor& row) { return text_at(row, 0); });
}

Result<void> Store::begin_order(const std::string& subscription_id) {
  Result<void> named = sql::write(
      *connection_,
      "UPDATE deliveries SET open_key = (SELECT " +
          std::string(key_of_event(connection_->dialect())) +
          " FROM events e WHERE e.event_id = deliveries.event_id) WHERE subscription_id = ? AND "
          "open_key IS NULL AND status IN ('pending', 'retrying')",
      sql::Values{subscription_id});
  if (!named) return named;
  const auto keys = open_keys(subscription_id, "GROUP BY open_key HAVING count(*) > 1");
  if (!keys) return fail(keys.error());
  for (const std::string& key : *keys)
    if (Result<void> lined_up = line_up(subscription_id, key); !lined_up) return lined_up;
  return {};
}

Result<void> Store::end_order(const std::string& subscription_id, WallTime now) {
  Result<void> released = sql::write(
      *connection_,
      "UPDATE deliveries SET due_at = ? WHERE subscription_id = ? AND due_at IS NULL AND "
      "status IN ('pending', 'retrying')",
      sql::Values{time_value(now), subscription_id});
  if (!released) return released;
  return sql::write(*connection_,
                    "UPDATE deliveries SET open_key = NULL WHERE subscription_id = ? AND "
                    "open_key IS NOT NULL",
                    sql::Values{subscription_id});
}

Result<void> Store::let_pass_parked(const std::string& subscription_id, WallTime now) {
  const auto keys = open_keys(subscription_id, "AND status = 'parked' GROUP BY open_key");
  if (!keys) return fail(keys.error());
  if (keys->empty()) return {};
  Result<void> freed = sql::write(
      *connection_,
      "UPDATE deliveries SET open_key = NULL WHERE subscription_id = ? AND open_key IS NOT NULL "
      "AND status = 'parked'",
      sql::Values{subscription_id});
  for (auto key = keys->begin(); freed && key != keys->end(); ++key)
    freed = wake_next(subscription_id, *key, now);
  return freed;
}

}  // namespace tidemark::relay
