#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "base/stop.h"
#include "load/sheet/sheet.h"
#include "load/table.h"
#include "sql/connection.h"

namespace tidemark::load {

/// A table of the warehouse that can be given out as a sheet.
struct SheetTable {
  const TableSpec* table;
  std::string_view time_column;   ///< What a range of days is about, and the order of the rows.
  std::string_view state_column;  ///< What --state chooses; empty: nothing.
};

[[nodiscard]] std::vector<std::string> sheet_table_names();
/// Errors: usage, with the names that there are.
[[nodiscard]] Result<SheetTable> sheet_table(std::string_view name);

struct SheetRequest {
  SheetTable table{};
  std::optional<CivilTime> from{};
  std::optional<CivilTime> upto{};     ///< Included.
  std::vector<std::string> columns{};  ///< By name; empty: all but amounts in fen.
  std::vector<std::string> states{};   ///< Empty: all.
  bool header_names = false;           ///< Names of the table instead of Chinese.
};

/// A column's comment up to its first stop: `下单时间，时区见 time_zone` is `下单时间`.
[[nodiscard]] std::string header_of(const Column& column);

/// What a request asks of the warehouse.
class TableSheet {
 public:
  /// Errors: usage: a column that there is not, a state for a table without one.
  [[nodiscard]] static Result<TableSheet> plan(const SheetRequest& request);

  [[nodiscard]] std::vector<SheetColumn> columns() const;
  /// `订单`
  [[nodiscard]] std::string title() const { return std::string(request_.table.table->comment); }

  /// Writes all rows in one snapshot, by time and key; calls `finish`. Returns their number.
  /// `rows` is told how many are done. Errors: those of Connection and of the writer; cancelled.
  [[nodiscard]] Result<std::uint64_t> write(sql::Connection& connection, SheetWriter& writer,
                                            const std::function<void(std::uint64_t)>& rows,
                                            const Stop& stop) const;

 private:
  explicit TableSheet(SheetRequest request) : request_(std::move(request)) {}
  [[nodiscard]] Result<std::uint64_t> write_rows(sql::Connection& connection, SheetWriter& writer,
                                                 const std::function<void(std::uint64_t)>& rows,
                                                 const Stop& stop) const;

  SheetRequest request_;
  std::vector<const Column*> chosen_;
};

}  // namespace tidemark::load
