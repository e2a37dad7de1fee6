#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "base/text.h"
#include "sql/schema.h"
#include "sql/url.h"
#include "sql/value.h"

namespace tidemark::sql {

/// Streams the rows of one query; rows are not gathered in memory. Destroying it before the end
/// discards the rest (on MySQL the rest is still read off the wire, or the query is killed).
class Cursor {
 public:
  virtual ~Cursor() = default;
  /// Moves to the next row; false at the end. Waits on the network.
  /// Errors: unreachable, timeout, query, cancelled. After an error the cursor is finished.
  [[nodiscard]] virtual Result<bool> next() = 0;
  [[nodiscard]] virtual std::size_t columns() const = 0;
  /// The value as the server writes it in text (numbers and times too; bytes as they are), nullopt
  /// for NULL. Valid until the next call of next().
  [[nodiscard]] virtual std::optional<std::string_view> at(std::size_t column) const = 0;
};

/// A column of rows to be written in bulk; `next` false at the end.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Makes `row` the next one, a value a column. It holds the one before: its memory may be reused.
  [[nodiscard]] virtual Result<bool> next(Values& row) = 0;
};

enum class Isolation {
  snapshot,  ///< Reads see one state, fixed when begin() returns. Read only.
  write,     ///< For changes; takes SQLite's write lock at once.
};

struct ServerInfo {
  std::string product;  ///< `SQLite`, `MySQL`, `MariaDB`, `PostgreSQL`.
  std::string version;
  std::string
      zone;  ///< Zone in which the server's writers stamp by default (`SYSTEM (CST)`, `UTC`).
};

/// Something that is still open on the server and could commit an older stamp.
struct OpenTransaction {
  std::chrono::microseconds age{};  ///< Since its earliest possible stamp, by the server's clock.
  Message who;                      ///< `thread 17 root@10.0.0.5, UPDATE t_invoice …`, for people.
  /// This one, or another open one, began earlier than `age` tells, nobody knows how much: a
  /// prepared transaction.
  bool start_unknown = false;
};

struct OpenTransactions {
  std::optional<OpenTransaction> oldest;
  bool complete = true;       ///< False: grants are missing, others' transactions cannot be seen.
  std::string missing_grant;  ///< `PROCESS`, `pg_read_all_stats`; empty if complete.
};

/// One connection. Not thread-safe, but for cancel(). One cursor at a time: it must be finished or
/// destroyed before the next statement.
///
/// Statements are written in the dialect's own words with `?` for each parameter, never inside a
/// quoted text. Prepared statements are kept, keyed by their text.
///
/// Errors of all calls: unreachable (never connected, or the connection broke; open a new one),
/// timeout, unauthorized, query (the server refused; its words are in `what`), no_space, cancelled.
class Connection {
 public:
  virtual ~Connection() = default;

  [[nodiscard]] virtual Dialect dialect() const = 0;

  /// Runs a statement without result rows. Returns the number of rows it inserted, deleted, or
  /// matched for an update (equal values count too); 0 for other statements.
  [[nodiscard]] virtual Result<std::int64_t> execute(std::string_view sql,
                                                     std::span<const Value> params = {}) = 0;
  /// Runs a query, unbuffered.
  [[nodiscard]] virtual Result<std::unique_ptr<Cursor>> query(
      std::string_view sql, std::span<const Value> params = {}) = 0;

  /// A snapshot of PostgreSQL has a savepoint of that name: a cursor that is left early there makes
  /// all further statements fail until `ROLLBACK TO SAVEPOINT snapshot`.
  [[nodiscard]] virtual Result<void> begin(Isolation isolation) = 0;
  [[nodiscard]] virtual Result<void> commit() = 0;
  /// Also after a broken connection; never fails.
  virtual void rollback() = 0;

  /// Writes many rows the fastest way that this server allows (prepared inserts, LOAD DATA LOCAL or
  /// multi-row INSERT, COPY). Inside the caller's transaction, or in one of its own. Returns rows.
  [[nodiscard]] virtual Result<std::int64_t> bulk_insert(std::string_view table,
                                                         std::span<const std::string> columns,
                                                         RowSource& rows) = 0;

  /// The identifier in this dialect's quotes. A dot separates schema and table: `sales.t_invoice`.
  [[nodiscard]] virtual std::string quoted(std::string_view identifier) const = 0;

  [[nodiscard]] virtual Result<ServerInfo> server() = 0;
  /// Errors: not_found when there is no such table.
  [[nodiscard]] virtual Result<Table> describe(std::string_view table) = 0;

  /// Makes this session read and write times in `zone`: empty = the zone in which the server's
  /// writers stamp by default (SQLite: UTC), or `+08:00`, or an IANA name the server knows.
  [[nodiscard]] virtual Result<void> set_zone(std::string_view zone) = 0;
  /// The server's clock, now (not the transaction's start), in the session's zone.
  [[nodiscard]] virtual Result<CivilTime> now() = 0;
  /// What could still commit a stamp older than now, this session apart. See docs/manual for the
  /// rules of each server. Not inside a transaction, which it would end. May wait for 3 s (MySQL).
  [[nodiscard]] virtual Result<OpenTransactions> open_transactions() = 0;

  /// Stops the statement that runs on this connection. The only call allowed from other threads.
  virtual void cancel() = 0;
};

struct ConnectOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  /// No bytes from the server for so long: the connection counts as broken.
  std::chrono::milliseconds read_timeout{600'000};
  /// SQLite: open an existing file for reading only / create it if it is missing.
  bool read_only = false;
  bool create = false;
};

/// Opens a connection. Passwords: the URL's, else what the caller put in, else the client's own
/// option file (~/.my.cnf [client], ~/.pgpass, service file).
[[nodiscard]] Result<std::unique_ptr<Connection>> connect(const Url& url,
                                                          const ConnectOptions& options = {});

/// The server takes no statement of so many bytes, whoever sends it (MySQL: max_allowed_packet).
[[nodiscard]] bool is_too_long(const Error& error);

/// The first column of the first row; nullopt if there is no row or the value is NULL.
[[nodiscard]] Result<std::optional<std::string>> query_value(Connection& connection,
                                                             std::string_view sql,
                                                             std::span<const Value> params = {});

}  // namespace tidemark::sql
