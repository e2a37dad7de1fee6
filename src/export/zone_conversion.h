#pragma once

#include <chrono>
#include <string>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::exporter {

/// What the clock of the session's zone shows at `instant`, in whole seconds, by the server's own
/// rules. `zone` is what Connection::set_zone() was given, or the server's zone if that was empty:
/// SQLite has no zones, so this machine's rules speak for it.
/// Errors: invalid_config (unknown zone), query (the server cannot convert it), the connection's.
[[nodiscard]] Result<CivilTime> session_time(sql::Connection& connection, const std::string& zone,
                                             WallTime instant);

/// How far the server's clock is ahead of this machine's; negative: behind; 0 within what asking
/// for it takes. Leaves the session in UTC.
[[nodiscard]] Result<std::chrono::microseconds> clock_difference(sql::Connection& connection,
                                                                 const Clock& clock);

}  // namespace tidemark::exporter
