#include "load/table.h"

#include <fmt/format.h>

namespace tidemark::load {
namespace {

using sql::Dialect;

std::string_view type_of(Kind kind, Dialect dialect) {
  const auto choose = [dialect](std::string_view sqlite, std::string_view mysql,
                                std::string_view postgres) {
    if (dialect == Dialect::sqlite) return sqlite;
    return dialect == Dialect::mysql ? mysql : postgres;
  };
  switch (kind) {
    case Kind::name:
      return choose("TEXT", "VARCHAR(32)", "VARCHAR(32) COLLATE \"C\"");
    case Kind::id:
      return choose("TEXT", "VARCHAR(128)", "VARCHAR(128) COLLATE \"C\"");
    case Kind::text:
      return "TEXT";
    case Kind::payload:
      return choose("TEXT", "LONGTEXT", "TEXT");
    case Kind::integer:
      return choose("INTEGER", "BIGINT", "BIGINT");
    case Kind::money:
      return choose("TEXT", "DECIMAL(18,2)", "NUMERIC(18,2)");
    case Kind::time:
      return choose("TEXT", "DATETIME", "TIMESTAMP(0)");
    case Kind::stamp:
      return choose("TEXT", "DATETIME(6)", "TIMESTAMP(6)");
  }
  return "TEXT";
}

std::string key_of(const TableSpec& table) {
  std::string key;
  for (const Column& column : table.columns.first(table.key_columns)) {
    if (!key.empty()) key += ", ";
    key += column.name;
  }
  return key;
}

/// The comment stays with the column: MySQL has a place for it, SQLite keeps the statement's text.
std::string column_line(const Column& column, Dialect dialect) {
  std::string line = fmt::format("{} {}{}", column.name, type_of(column.kind, dialect),
                                 column.required ? " NOT NULL" : "");
  if (dialect == Dialect::mysql) line += fmt::format(" COMMENT '{}'", column.comment);
  if (dialect == Dialect::sqlite) line += fmt::format(" /* {} */", column.comment);
  return line;
}

std::string create_table(const TableSpec& table, Dialect dialect) {
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (", table.name);
  for (const Column& column : table.columns) sql += column_line(column, dialect) + ", ";
  sql += fmt::format("PRIMARY KEY ({})", key_of(table));
  if (dialect == Dialect::mysql)
    for (const TableIndex& index : table.indexes)
      sql += fmt::format(", KEY {} ({})", index.name, index.columns);
  if (!table.foreign_key.empty()) sql += fmt::format(", {}", table.foreign_key);
  sql += ')';
  if (dialect == Dialect::mysql)
    sql += fmt::format(" ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='{}'",
                       table.comment);
  if (dialect == Dialect::sqlite) sql += " STRICT";
  return sql;
}

}  // namespace

std::vector<std::string> TableSpec::column_names() const {
  std::vector<std::string> names;
  for (const Column& column : columns) names.emplace_back(column.name);
  return names;
}

std::vector<std::string> create_statements(const TableSpec& table, Dialect dialect) {
  std::vector<std::string> statements = {create_table(table, dialect)};
  if (dialect == Dialect::mysql) return statements;
  for (const TableIndex& index : table.indexes)
    statements.push_back(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {} ({})", index.name,
                                     table.name, index.columns));
  if (dialect == Dialect::sqlite) return statements;
  statements.push_back(fmt::format("COMMENT ON TABLE {} IS '{}'", table.name, table.comment));
  for (const Column& column : table.columns)
    statements.push_back(comment_statement(table.name, column));
  return statements;
}

std::string added_column(const Column& column, Dialect dialect) {
  return column_line(column, dialect);
}

std::string comment_statement(std::string_view table, const Column& column) {
  return fmt::format("COMMENT ON COLUMN {}.{} IS '{}'", table, column.name, column.comment);
}

}  // namespace tidemark::load
