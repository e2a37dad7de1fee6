#pragma once

#include "base/result.h"
#include "load/stream_kind.h"
#include "load/table.h"
#include "sql/connection.h"

namespace tidemark::load {

/// The tables of the warehouse. Business tables, which people and BI read:
[[nodiscard]] const TableSpec& orders_table();
[[nodiscard]] const TableSpec& order_items_table();
/// What changed in an order, and when that was first seen.
[[nodiscard]] const TableSpec& order_history_table();
/// After-sales of orders. No foreign key: one may be read before its order.
[[nodiscard]] const TableSpec& refunds_table();
[[nodiscard]] const TableSpec& users_table();
[[nodiscard]] const TableSpec& products_table();
[[nodiscard]] const TableSpec& live_streams_table();
/// The one that has a row for each record of the stream; its id is the second column.
[[nodiscard]] const TableSpec& table_of(StreamKind stream);

/// The raw layer: every state of a row that was ever seen, to the byte, and when each row was seen
/// last. Observation stamps live here and not in the business tables.
[[nodiscard]] const TableSpec& raw_records_table();
[[nodiscard]] const TableSpec& raw_seen_table();

/// Rows that could not be stored, with the reason; tried again whenever they are read.
[[nodiscard]] const TableSpec& load_rejects_table();
/// Which of them a person knows of and takes as they are.
[[nodiscard]] const TableSpec& load_rejects_accepted_table();
[[nodiscard]] const TableSpec& load_amount_checks_table();
/// What was read when: scans and their windows, and the watermark of each stream.
[[nodiscard]] const TableSpec& load_scans_table();
[[nodiscard]] const TableSpec& load_windows_table();
[[nodiscard]] const TableSpec& load_streams_table();
/// Spans within the watermark that no scan has proven.
[[nodiscard]] const TableSpec& load_gaps_table();
/// Windows that were finished and are to be compared with the source's counts.
[[nodiscard]] const TableSpec& load_unchecked_table();

/// Makes the tables, or brings them up to date; never destroys anything.
/// Errors: as run::migrate.
[[nodiscard]] Result<void> migrate_warehouse(sql::Connection& connection);

}  // namespace tidemark::load
