#pragma once

#include <optional>
#include <string_view>

namespace tidemark::sql {

/// Whether a running statement of the process list could write rows, and so commit a stamp as old
/// as its own start. Only what surely reads is false: SELECT (with FOR UPDATE too, which stamps
/// nothing), SHOW, EXPLAIN and the like, behind comments and parentheses. Unknown or hidden text
/// (nullopt) counts as writing, and so do CALL, DO and SET, which may run anything.
[[nodiscard]] bool could_write(std::optional<std::string_view> statement);

}  // namespace tidemark::sql
