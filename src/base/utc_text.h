#pragma once

#include <string>

#include "base/clock.h"

namespace tidemark {

/// `2026-01-15 08:30:00.000000` in UTC, as every database takes it, with `decimals` (0 to 6) digits
/// behind the second, cut.
[[nodiscard]] std::string utc_text(WallTime time, int decimals = 6);

/// The same as RFC 3339 writes it: `2026-01-15T08:30:00.000000Z`.
[[nodiscard]] std::string utc_stamp(WallTime time, int decimals = 6);

}  // namespace tidemark
