#pragma once

#include <cstdint>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::sql {

/// The clock that all programs on one state share: the database server's, in microseconds since
/// 1970. Errors: unsupported (an SQLite state has one hub and no server); those of Connection.
[[nodiscard]] Result<std::int64_t> server_now(Connection& connection);

}  // namespace tidemark::sql
