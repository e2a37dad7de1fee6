#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidemark::http {

/// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 5.6.7).
[[nodiscard]] std::string http_date(WallTime time);

/// Reads the three forms that a recipient must accept (IMF-fixdate, RFC 850, asctime). A two-digit
/// year is taken as 1970 to 2069. nullopt for anything else, also for a date that does not exist;
/// the name of the weekday is not checked against the date.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace tidemark::http
