#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::samples {

/// The columns of the invoice table, in the order in which rows are written.
[[nodiscard]] std::span<const std::string> invoice_columns();

/// CREATE TABLE IF NOT EXISTS for an invoice table. `table` as in a configuration (a dot separates
/// schema and table). `update_decimals` 0, 3 or 6: digits after the second that `fupdate_time`
/// keeps.
[[nodiscard]] std::string create_invoice_table(const sql::Connection& connection,
                                               std::string_view table, int update_decimals);

/// The index that an incremental export wants: idx_incremental_export over tenant, status and
/// update time.
[[nodiscard]] std::string create_invoice_index(const sql::Connection& connection,
                                               std::string_view table);

/// One table of reference data: a code list.
struct ReferenceTable {
  std::string_view name;
  std::vector<std::string> columns;
  bool by_country = false;  ///< Has `country_code`: NULL for a code that holds everywhere.
};

[[nodiscard]] const ReferenceTable& currencies();
[[nodiscard]] const ReferenceTable& invoice_types();
[[nodiscard]] const ReferenceTable& units();
[[nodiscard]] const ReferenceTable& tax_categories();
[[nodiscard]] const ReferenceTable& payment_means();

/// CREATE TABLE IF NOT EXISTS for a reference table.
[[nodiscard]] std::string create_reference_table(const sql::Connection& connection,
                                                 const ReferenceTable& table);

/// What to do with a table that already has rows.
enum class IfNotEmpty {
  fail,     ///< An error with a hint.
  replace,  ///< Drop it and make it anew.
  append,   ///< Keep the rows, add to them.
};

/// Makes the table ready to be filled: `ddl` creates it when missing. Statements that change the
/// schema commit by themselves on MySQL: call it outside a transaction.
/// Errors: usage when it has rows and `policy` is fail; those of the connection.
[[nodiscard]] Result<void> prepare_table(sql::Connection& connection, std::string_view table,
                                         const std::string& ddl, IfNotEmpty policy);

}  // namespace tidemark::samples
