#include "load/table_migrations.h"

#include <algorithm>

#include "load/views/view_sql.h"

namespace tidemark::load {

TableMigrations::TableMigrations(std::span<const TableSpec* const> tables) {
  for (const TableSpec* table : tables)
    add(create_statements(*table, sql::Dialect::sqlite),
        create_statements(*table, sql::Dialect::mysql),
        create_statements(*table, sql::Dialect::postgres));
}

void TableMigrations::add_columns(std::string_view table, std::span<const Column> columns) {
  std::vector<run::LaterColumn>& later = columns_.emplace_back();
  for (const Column& column : columns)
    later.push_back(
        {.name = column.name,
         .sqlite = texts_.emplace_back(added_column(column, sql::Dialect::sqlite)),
         .mysql = texts_.emplace_back(added_column(column, sql::Dialect::mysql)),
         .postgres = texts_.emplace_back(added_column(column, sql::Dialect::postgres))});
  steps_.push_back({.sqlite = {}, .mysql = {}, .postgres = {}, .table = table, .columns = later});
  for (const Column& column : columns) add({}, {}, {comment_statement(table, column)});
}

void TableMigrations::add_statement(std::string_view text) {
  add({dialect_sql(text, sql::Dialect::sqlite)}, {dialect_sql(text, sql::Dialect::mysql)},
      {dialect_sql(text, sql::Dialect::postgres)});
}

void TableMigrations::add(const std::vector<std::string>& sqlite,
                          const std::vector<std::string>& mysql,
                          const std::vector<std::string>& postgres) {
  constexpr std::string_view nothing = "SELECT 1";
  const auto kept = [&](const std::vector<std::string>& statements, std::size_t index) {
    return index < statements.size() ? std::string_view(texts_.emplace_back(statements[index]))
                                     : nothing;
  };
  const std::size_t count = std::max({sqlite.size(), mysql.size(), postgres.size()});
  for (std::size_t i = 0; i < count; ++i)
    steps_.push_back(
        {.sqlite = kept(sqlite, i), .mysql = kept(mysql, i), .postgres = kept(postgres, i)});
}

}  // namespace tidemark::load
