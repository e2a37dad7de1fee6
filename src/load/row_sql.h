#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "load/cell.h"
#include "load/table.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Writes all rows, in one transaction of the caller's. Errors: those of Connection; a key that is
/// there already is one.
[[nodiscard]] Result<void> insert_rows(sql::Connection& connection, const TableSpec& table,
                                       std::vector<sql::Values> rows);

/// Writes the cells of row number `row`, one for each column.
using WriteCells = std::function<void(std::size_t row, CellWriter& cells)>;
/// As insert_rows(), of rows that are made one by one while they are sent: none of them waits.
[[nodiscard]] Result<void> insert_made_rows(sql::Connection& connection, const TableSpec& table,
                                            std::size_t rows, const WriteCells& write);

/// Writes all rows; one whose key is there already replaces the other columns of that row. No two
/// rows may have the same key. In a transaction of the caller's.
[[nodiscard]] Result<void> upsert_rows(sql::Connection& connection, const TableSpec& table,
                                       std::span<const sql::Values> rows);

/// The most keys that one statement should name.
inline constexpr std::size_t keys_per_statement_max = 512;

/// Keys for `… IN (?,?,…)`, repeated at the end until their number is one of a few: so few
/// different statements are prepared.
[[nodiscard]] std::vector<sql::Value> padded_keys(std::span<const std::string> keys);
/// `?,?,?`
[[nodiscard]] std::string marks(std::size_t count);

/// A condition and its parameters.
struct Condition {
  std::string sql;
  sql::Values params;

  /// Both must hold.
  [[nodiscard]] Condition operator+(const Condition& other) const;
};
/// `order_id IN (…)`, in the way that the database reads fastest. At least one key.
[[nodiscard]] Condition is_one_of(sql::Dialect dialect, std::string_view column,
                                  std::span<const std::string> keys);
/// `order_id BETWEEN … AND …`, both included.
[[nodiscard]] Condition is_between(std::string_view column, std::string first, std::string last);

/// As a statement's result shows it; nullopt for NULL.
[[nodiscard]] std::optional<std::string> shown_text(const sql::Value& value);

/// `2025-12-03 09:04:06.123456`, in UTC.
[[nodiscard]] std::string utc_text(WallTime time);
/// Reads it back, with as many decimals as a server shows. Errors: corrupt.
[[nodiscard]] Result<WallTime> utc_time(std::optional<std::string_view> text);

}  // namespace tidemark::load
