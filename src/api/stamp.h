#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidemark::api {

/// RFC 3339 in UTC, as everything in the API: `2026-01-15T08:30:00.000000Z`.
[[nodiscard]] std::string stamp(WallTime time);

/// Reads a time of a query or a body: RFC 3339 with `Z` or an offset (a `+` may have become a blank
/// on its way through a URL), or a span back from now: `90s`, `30m`, `24h`, `7d`. A time without a
/// zone would mean something else to each reader: nullopt, as for anything else.
[[nodiscard]] std::optional<WallTime> parse_stamp(std::string_view text, WallTime now);

}  // namespace tidemark::api
