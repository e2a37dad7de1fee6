#include "load/table_migrations.h"

#include <algorithm>
#include <string_view>

namespace tidemark::load {

TableMigrations::TableMigrations(std::span<const TableSpec* const> tables) {
  constexpr std::string_view nothing = "SELECT 1";
  for (const TableSpec* table : tables) {
    const auto sqlite = create_statements(*table, sql::Dialect::sqlite);
    const auto mysql = create_statements(*table, sql::Dialect::mysql);
    const auto postgres = create_statements(*table, sql::Dialect::postgres);
    const auto kept = [&](const std::vector<std::string>& statements, std::size_t index) {
      return index < statements.size() ? std::string_view(texts_.emplace_back(statements[index]))
                                       : nothing;
    };
    const std::size_t count = std::max({sqlite.size(), mysql.size(), postgres.size()});
    for (std::size_t i = 0; i < count; ++i)
      steps_.push_back(
          {.sqlite = kept(sqlite, i), .mysql = kept(mysql, i), .postgres = kept(postgres, i)});
  }
}

}  // namespace tidemark::load
