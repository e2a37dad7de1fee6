#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidemark::exporter {

/// `20251203T170406-123456`: microseconds. Names of runs sort as the runs came.
[[nodiscard]] std::string packed_run_name(WallTime now);

/// nullopt if packed_run_name() writes no such name.
[[nodiscard]] std::optional<WallTime> packed_run_time(std::string_view name);

/// Of a part's file; empty if the file is named like no part.
[[nodiscard]] std::string run_of_part(std::string_view file);

}  // namespace tidemark::exporter
