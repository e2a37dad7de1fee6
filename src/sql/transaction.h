#pragma once

#include <type_traits>
#include <utility>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::sql {

/// Does `work`, which returns a Result, in a transaction that writes: what it did is there as a
/// whole if it and the commit succeed, and nothing of it else. Waits on the database. Errors: those
/// of Connection, and of `work`.
template <class Work>
[[nodiscard]] std::invoke_result_t<Work&> in_transaction(Connection& connection, Work work) {
  if (Result<void> begun = connection.begin(Isolation::write); !begun)
    return fail(std::move(begun).error());
  std::invoke_result_t<Work&> done = work();
  if (done)
    if (Result<void> committed = connection.commit(); !committed)
      done = fail(std::move(committed).error());
  if (!done) connection.rollback();
  return done;
}

/// Where a statement of a snapshot failed or was left before its end: those that follow run in the
/// same snapshot. PostgreSQL alone needs it, and only there it is a statement; see Isolation.
/// Errors: those of the statement.
[[nodiscard]] inline Result<void> back_to_snapshot(Connection& connection) {
  if (connection.dialect() != Dialect::postgres) return {};
  const Result<std::int64_t> back = connection.execute("ROLLBACK TO SAVEPOINT snapshot", {});
  return back ? Result<void>() : fail(back.error());
}

}  // namespace tidemark::sql
