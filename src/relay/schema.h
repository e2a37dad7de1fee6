#pragma once

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// Makes the relay's tables and views in the state database, or brings them up to date
/// (docs/manual has them all). Times are microseconds since 1970 in UTC; views show them as stamps.
/// Errors: those of run::migrate.
[[nodiscard]] Result<void> migrate(sql::Connection& connection);

}  // namespace tidemark::relay
