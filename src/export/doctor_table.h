#pragma once

#include "export/doctor.h"

namespace tidemark::exporter {

/// Name of the index that incremental exports want: `idx_incremental_export` for the invoice table;
/// with the table's name behind it for any other, as SQLite and PostgreSQL have one name space for
/// the indexes of all tables.
[[nodiscard]] std::string wanted_index_name(const TableSpec& spec);

/// The statement that makes it, on wanted_index_columns(), without blocking writers where the
/// server can.
[[nodiscard]] std::string create_index_statement(const sql::Connection& connection,
                                                 const TableSpec& spec);

/// `names`: how tenant and country compare.
[[nodiscard]] Finding check_names(const Patient& patient);
/// `key`: whether a key stands in one row only, and whether it may change.
[[nodiscard]] Finding check_key(const Patient& patient);
/// `charset`: whether the payload's column can hold every character (MySQL).
[[nodiscard]] Finding check_payload_charset(const Patient& patient);
/// `index`: an index that starts with wanted_index_columns().
[[nodiscard]] Finding check_index(const Patient& patient);
/// `update_time`: the column's type and precision, and whether it moves by itself.
[[nodiscard]] Finding check_update_time(const Patient& patient);
/// `tenants`: `with_bytes` is what SourceTable::look_for_bytes() gave.
[[nodiscard]] Finding check_tenants(const SourceTable& table,
                                    const std::vector<std::string>& with_bytes);
/// `null_stamps`: rows without update time, which no incremental run finds.
[[nodiscard]] Finding check_null_stamps(const Patient& patient);
/// `future_stamps`: rows stamped later than now, which wait until then.
[[nodiscard]] Finding check_future_stamps(const Patient& patient);

}  // namespace tidemark::exporter
