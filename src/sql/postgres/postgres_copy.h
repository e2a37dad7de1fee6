#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sql/connection.h"
#include "sql/postgres/postgres_session.h"

namespace tidemark::sql {

/// Writes rows through `COPY … FROM STDIN`, which is all or nothing by itself. `sql` is that
/// statement. Inside a transaction a failure ends the transaction.
[[nodiscard]] Result<std::int64_t> copy_rows(PostgresSession& session, const std::string& sql,
                                             std::size_t columns, RowSource& rows);

/// Appends a value in COPY's text format. Errors: query, for a text with a NUL.
[[nodiscard]] Result<void> append_copy_value(std::string& line, const Value& value);

}  // namespace tidemark::sql
