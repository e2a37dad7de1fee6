#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Has PostgreSQL look at those of `tables` that have grown much since it last did so. It would do
/// so by itself a minute later, or never (autovacuum may be off); until then it takes each table
/// for a few rows, and joins two of them by holding every row of one against every row of the
/// other: hours for a first load. Costs about a second for a large table. The other databases need
/// no such thing. Waits 5 s at most for whoever has locked a table. Errors: those of Connection; a
/// table of somebody else is passed over.
[[nodiscard]] Result<void> refresh_statistics(sql::Connection& connection,
                                              std::span<const std::string_view> tables);

}  // namespace tidemark::load
