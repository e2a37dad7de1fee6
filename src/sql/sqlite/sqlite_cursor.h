#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/connection.h"
#include "sql/sqlite/sqlite_handle.h"

namespace tidemark::sql {

/// The rows of a statement that stands before its first row. Gives the statement back when it is
/// destroyed; must not outlive the connection.
class SqliteCursor final : public Cursor {
 public:
  SqliteCursor(sqlite3* database, SqliteStatements& statements, std::string sql,
               SqliteStatement statement);
  ~SqliteCursor() override;
  SqliteCursor(const SqliteCursor&) = delete;
  SqliteCursor& operator=(const SqliteCursor&) = delete;

  [[nodiscard]] Result<bool> next() override;
  [[nodiscard]] std::size_t columns() const override { return reals_.size(); }
  [[nodiscard]] std::optional<std::string_view> at(std::size_t column) const override;

 private:
  sqlite3* database_;
  SqliteStatements& statements_;
  std::string sql_;
  SqliteStatement statement_;
  bool finished_ = false;
  std::vector<std::string> reals_;  ///< Text of the current row's REAL values, by column.
};

}  // namespace tidemark::sql
