#pragma once

#include <deque>
#include <span>
#include <string>
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

  [[nodiscard]] std::span<const run::Migration> steps() const { return steps_; }

 private:
  std::deque<std::string> texts_;
  std::vector<run::Migration> steps_;
};

}  // namespace tidemark::load
