#include "sql/sqlite/sqlite_cursor.h"

#include "base/check.h"
#include "sql/sqlite/real_text.h"

namespace tidemark::sql {

SqliteCursor::SqliteCursor(sqlite3* database, SqliteStatements& statements, std::string sql,
                           SqliteStatement statement)
    : database_(database),
      statements_(statements),
      sql_(std::move(sql)),
      statement_(std::move(statement)),
      reals_(static_cast<std::size_t>(sqlite3_column_count(statement_.get()))) {}

SqliteCursor::~SqliteCursor() { statements_.give_back(sql_, std::move(statement_)); }

Result<bool> SqliteCursor::next() {
  if (finished_) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    for (std::size_t column = 0; column < reals_.size(); ++column) {
      const int index = static_cast<int>(column);
      if (sqlite3_column_type(statement_.get(), index) == SQLITE_FLOAT) {
        reals_[column] = real_text(sqlite3_column_double(statement_.get(), index));
      }
    }
    return true;
  }
  finished_ = true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());  // Ends the read lock now, not when the cursor goes.
    return false;
  }
  Error error = sqlite_error(database_, code, sql_);
  sqlite3_reset(statement_.get());
  return fail(std::move(error));
}

std::optional<std::string_view> SqliteCursor::at(std::size_t column) const {
  check(!finished_ && column < reals_.size(), "a value is read from a row that is there");
  const int index = static_cast<int>(column);
  sqlite3_stmt* statement = statement_.get();
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_NULL:
      return std::nullopt;
    case SQLITE_FLOAT:
      return reals_[column];
    case SQLITE_BLOB: {
      const void* bytes = sqlite3_column_blob(statement, index);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
      return size == 0 ? std::string_view("")
                       : std::string_view(static_cast<const char*>(bytes), size);
    }
    default: {
      // column_text first: it converts, and column_bytes then counts what it made.
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
      return std::string_view(text,
                              static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
    }
  }
}

}  // namespace tidemark::sql
