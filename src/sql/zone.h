#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tidemark::sql {

/// Reads `+08:00` or `-3:30` (sign, hours, minutes; at most 14 hours, as the zones of the world).
[[nodiscard]] std::optional<std::chrono::minutes> parse_offset(std::string_view zone);

}  // namespace tidemark::sql
