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

}  // namespace tidemark::sql
