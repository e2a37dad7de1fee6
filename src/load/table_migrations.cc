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

void TableMigrations::add_column(std::string_view table, const Column& column) {
  add(add_column_statements(table, column, sql::Dialect::sqlite),
      add_column_statements(table, column, sql::Dialect::mysql),
      add_column_statements(table, column, sql::Dialect::postgres));
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
