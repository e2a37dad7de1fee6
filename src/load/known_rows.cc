#include "load/known_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/key_conditions.h"
#include "load/row_sql.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

bool cell_shown_as(const sql::Value& cell, const std::optional<std::string>& text) {
  if (const auto* own = std::get_if<std::string>(&cell)) return text && *text == *own;
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    const fmt::format_int digits(*number);
    return text && *text == std::string_view(digits.data(), digits.size());
  }
  return !text;
}

/// What selects the columns of a table that an older Tidemark made; empty if there is no table.
Result<std::vector<std::string>> columns_there(sql::Connection& connection,
                                               const TableSpec& table) {
  const Result<sql::Table> there = connection.describe(table.name);
  if (!there && there.error().kind == ErrorKind::not_found) return std::vector<std::string>();
  if (!there) return fail(there.error());
  std::vector<std::string> columns = table.column_names();
  for (std::string& column : columns)
    if (std::ranges::find(there->columns, column, &sql::Column::name) == there->columns.end())
      column = "NULL";
  return columns;
}

}  // namespace

bool shown_as(std::span<const sql::Value> cells,
              std::span<const std::optional<std::string>> texts) {
  return std::ranges::equal(cells, texts, cell_shown_as);
}

ShownRow shown(const sql::Values& row) {
  ShownRow texts;
  for (const sql::Value& value : row) texts.push_back(shown_text(value));
  return texts;
}

Result<std::map<std::string, ShownRow>> known_rows(sql::Connection& connection,
                                                   const TableSpec& table,
                                                   const std::string& platform,
                                                   std::span<const std::string> ids,
                                                   bool migrated) {
  std::map<std::string, ShownRow> found;
  const Result<std::vector<std::string>> columns =
      migrated ? table.column_names() : columns_there(connection, table);
  if (!columns) return fail(columns.error());
  if (columns->empty()) return found;
  const std::string_view id_column = table.columns[1].name;
  const Result<KeyConditions> wanted = key_conditions(
      connection, table.name, {.sql = "platform=?", .params = {platform}}, id_column, ids);
  if (!wanted) return fail(wanted.error());
  for (const Condition& condition : wanted->conditions) {
    const std::string sql = fmt::format("SELECT {} FROM {} WHERE {} ORDER BY {}, {}",
                                        fmt::join(*columns, ","), table.name, condition.sql,
                                        id_column, table.columns[table.key_columns - 1].name);
    Result<void> read =
        sql::each_row(connection.query(sql, condition.params), [&](const sql::Cursor& row) {
          ShownRow& texts = found[std::string(row.at(1).value_or(""))];
          texts.reserve(texts.size() + row.columns());
          for (std::size_t i = 0; i < row.columns(); ++i) {
            const std::optional<std::string_view> value = row.at(i);
            texts.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
          }
        });
    if (!read) return fail(std::move(read).error());
  }
  return found;
}

}  // namespace tidemark::load
