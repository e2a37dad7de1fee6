#pragma once

#include <string_view>

#include "sql/connection.h"

namespace tidemark::sql {

/// Connection::describe for PostgreSQL (12 and later). Left out are indexes that are partial,
/// invalid or not B-trees; an index ends before an expression and before a column that it sorts in
/// another way than the column's own.
[[nodiscard]] Result<Table> describe_postgres(Connection& connection, std::string_view table);

}  // namespace tidemark::sql
