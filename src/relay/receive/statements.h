#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sql/url.h"

namespace tidemark::receive {

/// The statements of the receiver, for `rows` rows at a time: one round trip to the server does
/// for many events.

/// `INSERT INTO table (columns) VALUES (?,…),…` that passes over rows whose key is there. On MySQL
/// that also turns errors about values into warnings: they must have been checked.
[[nodiscard]] std::string insert_absent_sql(sql::Dialect dialect, std::string_view table,
                                            std::span<const std::string_view> columns,
                                            std::size_t rows);

/// Inserts rows, or replaces those whose key is there if the new one is newer: a higher
/// source_version, or the same and a later event_timestamp. Both must be among `columns`, as the
/// last two and in this order: event_timestamp, source_version.
[[nodiscard]] std::string upsert_newer_sql(sql::Dialect dialect, std::string_view table,
                                           std::span<const std::string_view> columns,
                                           std::span<const std::string_view> key, std::size_t rows);

/// The same for a table that several source records write to: versions are compared within one
/// record (source_type, source_id), and between two the later event_timestamp counts, of equal ones
/// the later to come. The last four columns: event_timestamp, source_version, source_type,
/// source_id.
[[nodiscard]] std::string upsert_latest_sql(sql::Dialect dialect, std::string_view table,
                                            std::span<const std::string_view> columns,
                                            std::span<const std::string_view> key,
                                            std::size_t rows);

/// `SELECT source_system, event_id FROM received_events WHERE (source_system, event_id) IN …`
[[nodiscard]] std::string known_events_sql(sql::Dialect dialect, std::size_t rows);

}  // namespace tidemark::receive
