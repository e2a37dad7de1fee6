#pragma once

#include <sqlite3.h>

#include <string_view>

#include "sql/connection.h"

namespace tidemark::sql {

/// Connection::describe for SQLite (`database` is the handle of `connection`). A column's type
/// follows its declared words, as SQLite itself has none. Partial indexes, and indexes on
/// expressions or in another collation than the column's, are left out: no query can count on them.
[[nodiscard]] Result<Table> describe_sqlite(sqlite3* database, Connection& connection,
                                            std::string_view table);

}  // namespace tidemark::sql
