#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Keeps the same load from running twice at a time, where no hub does that: cron begins the next
/// run whether the last one has ended or not. What is a different load has a different lock, so a
/// history does not keep what is fresh from being read.
///
/// In MySQL and PostgreSQL it is a lock of the session by name, which goes with its connection: at
/// once when the process dies, after some minutes when its machine does. The warehouse of an SQLite
/// file has a file beside it. A lock that is lost in the midst of a run (the server was restarted)
/// ends no run: writers take turns in any case, and two runs only do the same work twice. Behind a
/// pool that hands out sessions for each transaction, such as PgBouncer's, it holds nothing.
class LoadLock {
 public:
  /// `work` names what must not run twice: `xiaoe orders incremental`. The connection is the lock's
  /// own, for as long as it is held: a thread keeps it awake. Does not wait for another's end.
  /// Errors: locked; io; those of Connection.
  [[nodiscard]] static Result<LoadLock> acquire(std::unique_ptr<sql::Connection> connection,
                                                const std::string& work);
  ~LoadLock();
  LoadLock(LoadLock&& other) noexcept;
  LoadLock& operator=(LoadLock&&) = delete;

 private:
  class Session;

  explicit LoadLock(UniqueFd file);
  explicit LoadLock(std::unique_ptr<Session> session);

  UniqueFd file_;                     ///< Of SQLite.
  std::unique_ptr<Session> session_;  ///< Of a server.
};

}  // namespace tidemark::load
