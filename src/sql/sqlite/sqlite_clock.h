#pragma once

#include <string_view>

#include "base/civil_time.h"
#include "base/result.h"

namespace tidemark::sql {

/// What a clock on the wall of `zone` shows at `utc`. Zones: empty (UTC), `+08:00`, or a name of
/// the machine's time zone database such as `Asia/Shanghai`. Errors: invalid_config.
[[nodiscard]] Result<CivilTime> in_zone(CivilTime utc, std::string_view zone);

}  // namespace tidemark::sql
