#pragma once

#include <chrono>
#include <string_view>

#include "base/civil_time.h"
#include "base/result.h"

namespace tidemark::load {

/// What the progress file of the old sync script says (`last_sync_timestamp_list_only.txt`): the
/// moment up to which it has read, by a clock that is `utc_offset` ahead of UTC. One line: a Unix
/// timestamp in seconds (decimals are cut), or `YYYY-MM-DD HH:MM:SS` by that clock. Empty lines
/// around it do not matter.
/// Errors: rejected: no line or several, another form, before `earliest`, or after `now`.
[[nodiscard]] Result<CivilTime> old_progress(std::string_view text, std::chrono::minutes utc_offset,
                                             const CivilTime& earliest, const CivilTime& now);

}  // namespace tidemark::load
