#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/value.h"

namespace tidemark::sql {

struct CloseSqlite {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeSqlite {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseSqlite>;
using SqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeSqlite>;

/// What SQLite's extended result code `code` means for the caller. `doing` names the statement or
/// the file.
[[nodiscard]] Error sqlite_error(sqlite3* database, int code, std::string_view doing);

/// Compiles exactly one statement; anything but blanks and comments behind it is an error, since
/// SQLite would silently leave it out.
[[nodiscard]] Result<SqliteStatement> prepare_sqlite(sqlite3* database, std::string_view sql);

/// Binds one value a placeholder. With `copied` false the values must live until the statement is
/// reset.
[[nodiscard]] Result<void> bind_sqlite(sqlite3* database, sqlite3_stmt* statement,
                                       std::span<const Value> params, bool copied);

/// Compiled statements by their text; the one not used for longest makes room. A statement is taken
/// out for the time of its use.
class SqliteStatements {
 public:
  explicit SqliteStatements(sqlite3* database) : database_(database) {}
  [[nodiscard]] Result<SqliteStatement> take(std::string_view sql);
  void give_back(std::string_view sql, SqliteStatement statement);

 private:
  static constexpr std::size_t capacity_ = 32;  // More than any job has statements in turn.
  struct Entry {
    std::string sql;
    SqliteStatement statement;  ///< None while it is taken out.
    std::uint64_t used = 0;
  };
  [[nodiscard]] Entry& place_for(std::string_view sql);

  sqlite3* database_;
  std::vector<Entry> entries_;
  std::uint64_t uses_ = 0;
};

}  // namespace tidemark::sql
