#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace tidemark::http {

/// Reads a Retry-After field (RFC 9110 10.2.3): seconds, or a date, which counts from `now` and is
/// 0 when past. nullopt for anything else. More than retry_after_seconds_max is cut to it; the
/// caller bounds it by what it is willing to wait.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                                    WallTime now);

/// 100 years: no sum with it overflows.
constexpr std::chrono::seconds retry_after_seconds_max{std::chrono::years(100)};

}  // namespace tidemark::http
