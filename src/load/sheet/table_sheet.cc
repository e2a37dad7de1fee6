#include "load/sheet/table_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "load/benefit/benefit_schema.h"
#include "load/row_sql.h"
#include "load/schema.h"

namespace tidemark::load {
namespace {

/// What may be given out, in the order in which it is told.
std::vector<SheetTable> sheet_tables() {
  return {{&orders_table(), "created_at", "order_state"},
          {&refunds_table(), "created_at", "state"},
          {&users_table(), "created_at", ""},
          {&products_table(), "created_at", "sale_status"},
          {&live_streams_table(), "started_at", "alive_state"},
          {&benefit_decisions_table(), "due_at", "decision"}};
}

CellKind cell_kind(Kind kind) {
  switch (kind) {
    case Kind::id:
      return CellKind::id;
    case Kind::name:
      return CellKind::word;
    case Kind::text:
    case Kind::payload:
      return CellKind::text;
    case Kind::integer:
      return CellKind::integer;
    case Kind::money:
      return CellKind::money;
    case Kind::time:
    case Kind::stamp:
      return CellKind::time;
  }
  return CellKind::text;
}

const Column* find_column(const TableSpec& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  return found == table.columns.end() ? nullptr : &*found;
}

/// Whole seconds: databases write as many decimals as they like.
std::optional<std::string> cell_of(std::optional<std::string_view> value, Kind kind) {
  if (!value) return std::nullopt;
  if (kind == Kind::time || kind == Kind::stamp)
    if (const std::optional<CivilTime> time = CivilTime::parse(*value)) return time->text();
  return std::string(*value);
}

/// MySQL takes `abc` for 0 where it compares it with a number; PostgreSQL refuses the statement.
Result<void> check_states(const SheetRequest& request) {
  const Column* column = find_column(*request.table.table, request.table.state_column);
  if (column == nullptr || column->kind != Kind::integer) return {};
  for (const std::string& state : request.states) {
    std::int64_t code = 0;
    const auto [end, failure] = std::from_chars(state.data(), state.data() + state.size(), code);
    if (failure != std::errc{} || end != state.data() + state.size())
      return fail(ErrorKind::usage,
                  {"the states of {} are numbers, as in the column {}; '{}' is none",
                   "{} 的状态是数字（见 {} 列），“{}”不是"},
                  request.table.table->name, column->name, printable(state));
  }
  return {};
}

}  // namespace

std::vector<std::string> sheet_table_names() {
  std::vector<std::string> names;
  for (const SheetTable& known : sheet_tables()) names.emplace_back(known.table->name);
  return names;
}

Result<SheetTable> sheet_table(std::string_view name) {
  for (const SheetTable& known : sheet_tables())
    if (known.table->name == name) return known;
  const std::string known = fmt::format("{}", fmt::join(sheet_table_names(), ", "));
  return fail(ErrorKind::usage,
              {"there is no table '{}' to give out; there are {}", "没有可导出的表“{}”；可选：{}"},
              printable(name), known);
}

std::string header_of(const Column& column) {
  std::string_view comment = column.comment;
  for (const std::string_view stop : {"，", "；", "：", "。"})
    comment = comment.substr(0, comment.find(stop));
  return std::string(comment);
}

Result<TableSheet> TableSheet::plan(const SheetRequest& request) {
  TableSheet sheet(request);
  const TableSpec& table = *request.table.table;
  if (!request.states.empty() && request.table.state_column.empty())
    return fail(ErrorKind::usage, {"{} has no state to choose by", "{} 没有可供筛选的状态"},
                table.name);
  if (Result<void> comparable = check_states(request); !comparable)
    return fail(std::move(comparable).error());
  if (request.columns.empty()) {
    for (const Column& column : table.columns)
      if (!column.name.ends_with("_fen")) sheet.chosen_.push_back(&column);
    return sheet;
  }
  for (const std::string& name : request.columns) {
    const Column* column = find_column(table, name);
    if (column == nullptr)
      return fail(make_error(ErrorKind::usage, {"{} has no column '{}'", "{} 没有列“{}”"},
                             table.name, printable(name))
                      .with_hint({"columns: {}", "可选列：{}"},
                                 fmt::format("{}", fmt::join(table.column_names(), ", "))));
    sheet.chosen_.push_back(column);
  }
  return sheet;
}

std::vector<SheetColumn> TableSheet::columns() const {
  std::vector<SheetColumn> columns;
  for (const Column* column : chosen_)
    columns.push_back(
        {.header = request_.header_names ? std::string(column->name) : header_of(*column),
         .kind = cell_kind(column->kind)});
  return columns;
}

Result<std::uint64_t> TableSheet::write(sql::Connection& connection, SheetWriter& writer,
                                        const std::function<void(std::uint64_t)>& rows,
                                        const Stop& stop) const {
  if (Result<void> begun = connection.begin(sql::Isolation::snapshot); !begun)
    return fail(std::move(begun).error());
  Result<std::uint64_t> written = write_rows(connection, writer, rows, stop);
  connection.rollback();
  if (!written) return written;
  if (Result<void> finished = writer.finish(); !finished) return fail(std::move(finished).error());
  return written;
}

Result<std::uint64_t> TableSheet::write_rows(sql::Connection& connection, SheetWriter& writer,
                                             const std::function<void(std::uint64_t)>& rows,
                                             const Stop& stop) const {
  const SheetTable& source = request_.table;
  std::string sql = "SELECT ", where;
  for (std::size_t i = 0; i < chosen_.size(); ++i)
    sql += fmt::format("{}{}", i == 0 ? "" : ",", chosen_[i]->name);
  sql += fmt::format(" FROM {}", source.table->name);
  sql::Values params;
  const auto condition = [&](const std::string& text, std::span<const std::string> values) {
    where += (where.empty() ? " WHERE " : " AND ") + text;
    params.insert(params.end(), values.begin(), values.end());
  };
  if (request_.from)
    condition(fmt::format("{}>=?", source.time_column), std::array{request_.from->text()});
  if (request_.upto)
    condition(fmt::format("{}<=?", source.time_column), std::array{request_.upto->text()});
  if (!request_.states.empty())
    condition(fmt::format("{} IN ({})", source.state_column, marks(request_.states.size())),
              request_.states);
  sql += where + fmt::format(" ORDER BY {}", source.time_column);
  for (const Column& key : source.table->columns.first(source.table->key_columns))
    sql += fmt::format(",{}", key.name);

  Result<std::unique_ptr<sql::Cursor>> cursor = connection.query(sql, params);
  if (!cursor) return fail(std::move(cursor));
  std::vector<std::optional<std::string>> cells(chosen_.size());
  std::uint64_t count = 0;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return count;
    if (stop.requested())
      return fail(ErrorKind::cancelled, {"stopped; no file was written", "已中止，未写出文件"});
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] = cell_of((*cursor)->at(i), chosen_[i]->kind);
    if (Result<void> written = writer.row(cells); !written) return fail(std::move(written).error());
    rows(++count);
  }
}

}  // namespace tidemark::load
