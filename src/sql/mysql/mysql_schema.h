#pragma once

#include <string_view>

#include "sql/connection.h"

namespace tidemark::sql {

/// Connection::describe for MySQL and MariaDB. Indexes end before a column that they hold only a
/// part of; full-text, spatial, invisible and ignored ones are left out.
[[nodiscard]] Result<Table> describe_mysql(Connection& connection, std::string_view table,
                                           bool mariadb);

/// Whether equal values of a text column have equal bytes. A `_bin` collation is not enough: most
/// of them ignore blanks at the end (PAD SPACE), so that 'a' = 'a '. A CHAR column has none there.
[[nodiscard]] bool compares_bytes_in_mysql(std::string_view data_type, std::string_view collation);

}  // namespace tidemark::sql
