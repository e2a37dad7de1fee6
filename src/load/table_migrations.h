#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/table.h"
#include "run/migration.h"

namespace tidemark::load {

/// The steps that make tables, with the texts that the steps point into.
class TableMigrations {
 public:
  explicit TableMigrations(std::span<const TableSpec* const> tables);
  TableMigrations(const TableMigrations&) = delete;
  TableMigrations& operator=(const TableMigrations&) = delete;

  /// What came later, behind all that is there.
  void add_columns(std::string_view table, std::span<const Column> columns);
  /// A statement that all databases understand once the words of views are said in theirs.
  void add_statement(std::string_view text);

  [[nodiscard]] std::span<const run::Migration> steps() const { return steps_; }

 private:
  /// Those of each database, side by side.
  void add(const std::vector<std::string>& sqlite, const std::vector<std::string>& mysql,
           const std::vector<std::string>& postgres);

  std::deque<std::string> texts_;
  std::deque<std::vector<run::LaterColumn>> columns_;
  std::vector<run::Migration> steps_;
};

}  // namespace tidemark::load
