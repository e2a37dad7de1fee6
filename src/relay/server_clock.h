#pragma once

#include <cstdint>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// The clock that all hubs of one state share: the database server's, in microseconds since 1970.
/// Errors: unsupported (an SQLite state has one hub and no server); those of sql::Connection.
[[nodiscard]] Result<std::int64_t> server_now(sql::Connection& connection);

}  // namespace tidemark::relay
