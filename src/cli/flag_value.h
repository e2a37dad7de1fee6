#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/civil_time.h"
#include "base/result.h"
#include "cli/arguments.h"

namespace tidemark::cli {

/// The values of flags that set no setting. nullopt: the flag was not given.

/// A whole number from `least`. Errors: usage.
[[nodiscard]] Result<std::optional<std::int64_t>> count_flag(const Arguments& arguments,
                                                             std::string_view flag,
                                                             std::int64_t least = 0);

/// `2025-01-31` or `2025-01-31 08:30:00`. Errors: usage.
[[nodiscard]] Result<std::optional<CivilTime>> time_flag(const Arguments& arguments,
                                                         std::string_view flag);

}  // namespace tidemark::cli
