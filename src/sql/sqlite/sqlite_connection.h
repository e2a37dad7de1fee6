#pragma once

#include "sql/connection.h"
#include "sql/sqlite/sqlite_handle.h"

namespace tidemark::sql {

/// A SQLite file. Waits up to 10 s for another process's lock, then timeout.
///
/// A file that this connection creates gets a write-ahead log, so that readers and the writer do
/// not wait for each other; the mode of a file that was there is its owner's affair. Commits are
/// on disk when they return (synchronous=FULL).
///
/// Errors beyond Connection's: not_found (no such file), corrupt (not a database), io.
class SqliteConnection final : public Connection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& path,
                                                                const ConnectOptions& options);

  [[nodiscard]] Dialect dialect() const override { return Dialect::sqlite; }
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql,
                                             std::span<const Value> params) override;
  [[nodiscard]] Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                                      std::span<const Value> params) override;
  [[nodiscard]] Result<void> begin(Isolation isolation) override;
  [[nodiscard]] Result<void> commit() override;
  void rollback() override;
  [[nodiscard]] Result<std::int64_t> bulk_insert(std::string_view table,
                                                 std::span<const std::string> columns,
                                                 RowSource& rows) override;
  [[nodiscard]] std::string quoted(std::string_view identifier) const override;
  [[nodiscard]] Result<ServerInfo> server() override;
  [[nodiscard]] Result<Table> describe(std::string_view table) override;
  [[nodiscard]] Result<void> set_zone(std::string_view zone) override;
  [[nodiscard]] Result<CivilTime> now() override;
  [[nodiscard]] Result<OpenTransactions> open_transactions() override;
  void cancel() override { sqlite3_interrupt(database_.get()); }

 private:
  explicit SqliteConnection(SqliteHandle database)
      : database_(std::move(database)), statements_(database_.get()) {}
  [[nodiscard]] Result<void> configure(const ConnectOptions& options);
  /// After a transaction that could only read.
  [[nodiscard]] Result<void> allow_writes();
  [[nodiscard]] Result<void> run_to_end(sqlite3_stmt* statement, std::string_view sql);
  [[nodiscard]] Result<std::int64_t> insert_all(std::string_view sql, std::size_t columns,
                                                RowSource& rows);

  SqliteHandle database_;
  SqliteStatements statements_;  ///< Behind database_: closed before it.
  std::string zone_;
  bool query_only_ = false;  ///< Since begin(Isolation::snapshot).
};

}  // namespace tidemark::sql
