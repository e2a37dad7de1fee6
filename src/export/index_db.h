#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "export/key.h"

namespace tidemark::exporter {

/// A prepared statement of the index database, bound by position and stepped. The index is on the
/// hot path of every row, which is why it speaks SQLite directly and not through sql::Connection.
class IndexStatement {
 public:
  IndexStatement() = default;
  IndexStatement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}

  /// Starts over, with no parameters bound.
  IndexStatement& reset();
  IndexStatement& bind(std::int64_t value);
  /// The bytes must live until step() has returned.
  IndexStatement& bind_text(std::string_view value);
  IndexStatement& bind_null();
  IndexStatement& bind_blob(std::string_view value);
  IndexStatement& bind_key(const Key& key);

  /// True if there is a row. Errors: corrupt, no_space, io, locked.
  [[nodiscard]] Result<bool> step();
  /// For statements without rows.
  [[nodiscard]] Result<void> run();

  [[nodiscard]] std::int64_t number(int column) const;
  /// Valid until the next step() or reset().
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] Key key(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* db_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

/// `(?,?),(?,?)`: parameters of an INSERT of several rows. (One that enters a single row spends
/// half of its time before and after that.)
[[nodiscard]] std::string parameters(std::size_t rows, std::size_t columns);

/// One connection to the index database. Not thread-safe.
class IndexDb {
 public:
  enum class Mode {
    read_write,  ///< Created if missing.
    read_only,
    /// Read, and nothing made beside it: for a dry run. SQLite would leave `-wal` and `-shm` files.
    untouched,
    /// A private copy that vanishes when closed: what a dry run works on.
    scratch,
  };

  [[nodiscard]] static Result<IndexDb> open(const std::string& path, Mode mode);
  /// The URI by which the file is read as with Mode::untouched; for ATTACH too. A file with a WAL
  /// (its exporter is at work, or was killed) is read together with that.
  [[nodiscard]] static std::string untouched_uri(const std::string& path);

  /// Errors: our SQL is right, so only corrupt and the like.
  [[nodiscard]] Result<IndexStatement> prepare(std::string_view sql);
  [[nodiscard]] Result<void> run(const char* sql);
  /// Of a query with one row and one column; 0 for NULL and for no row.
  [[nodiscard]] Result<std::int64_t> one_number(std::string_view sql);
  [[nodiscard]] int changes() const { return sqlite3_changes(db_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit IndexDb(sqlite3* db) : db_(db) {}
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace tidemark::exporter
