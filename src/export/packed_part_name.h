#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "export/spec.h"

namespace tidemark::exporter {

/// `20251203T170406-123456`: microseconds. Names of runs sort as the runs came.
[[nodiscard]] std::string packed_run_name(WallTime now);

/// nullopt if packed_run_name() writes no such name.
[[nodiscard]] std::optional<WallTime> packed_run_time(std::string_view name);

/// `.ndjson`, `.ndjson.gz`, `.ndjson.zst`.
[[nodiscard]] std::string_view packed_extension(Compression compression);
/// By the name's ending.
[[nodiscard]] Compression packed_compression(std::string_view file);

/// `{run}-{number}.ndjson[.gz|.zst]`, the number with four digits or more.
[[nodiscard]] std::string packed_part_name(std::string_view run, std::size_t number,
                                           Compression compression);
/// The run of such a name; empty for any other.
[[nodiscard]] std::string run_of_part(std::string_view file);

}  // namespace tidemark::exporter
