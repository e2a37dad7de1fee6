#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>

#include "sql/connection.h"

namespace tidemark::sql {

struct ClosePostgres {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearPostgres {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreePostgresCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
using PostgresHandle = std::unique_ptr<PGconn, ClosePostgres>;
using PostgresResult = std::unique_ptr<PGresult, ClearPostgres>;
using PostgresCancel = std::unique_ptr<PGcancel, FreePostgresCancel>;

/// libpq with a limit on every wait. After a timeout or a broken connection all calls fail.
class PostgresSession {
 public:
  [[nodiscard]] static Result<PostgresSession> open(const Url& url, const ConnectOptions& options);

  /// Sends what libpq has buffered. To be called after each PQsend… and PQput….
  [[nodiscard]] Result<void> flush();
  /// The next result of the running statement, null when there are no more. A failed statement is
  /// an error, named by `sql`, and its further results are read and forgotten.
  [[nodiscard]] Result<PostgresResult> next_result(std::string_view sql);
  /// Reads to the end of the running statement, so that the next may be sent.
  void discard_results();

  /// The failure of a libpq call without a result.
  [[nodiscard]] Error connection_failure() const;

  /// The encoding of the database's texts, as the server names it: UTF8, SQL_ASCII, …
  [[nodiscard]] std::string_view server_encoding() const;

  [[nodiscard]] PGconn* handle() const { return handle_.get(); }
  /// Asks the server to stop what runs. Thread-safe.
  void cancel() const;

 private:
  explicit PostgresSession(PostgresHandle handle) : handle_(std::move(handle)) {}
  [[nodiscard]] Result<void> finish_connecting(const Url& url, std::chrono::milliseconds timeout);
  /// Waits for the socket: POLLIN, POLLOUT or both.
  [[nodiscard]] Result<void> wait(short events, std::chrono::milliseconds timeout);
  [[nodiscard]] Result<void> wait_while_busy();

  PostgresHandle handle_;
  PostgresCancel cancel_;
  std::chrono::milliseconds read_timeout_{};
  bool broken_ = false;
};

/// What a SQLSTATE means for the caller.
[[nodiscard]] ErrorKind kind_of_sqlstate(std::string_view sqlstate);

}  // namespace tidemark::sql
