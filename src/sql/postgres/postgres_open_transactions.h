#pragma once

#include "sql/connection.h"

namespace tidemark::sql {

/// Connection::open_transactions for PostgreSQL. now() is the transaction's start, so every open
/// transaction in this database counts, written something or not; transactions in other databases
/// of the server cannot touch this one's tables and do not. Prepared transactions only tell when
/// they were prepared.
[[nodiscard]] Result<OpenTransactions> open_postgres_transactions(Connection& connection);

}  // namespace tidemark::sql
