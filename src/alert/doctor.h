#pragma once

#include <string>
#include <vector>

#include "run/finding.h"
#include "sql/connection.h"

namespace tidemark::alert {

/// How the channels of a hub are doing, by its state: `alert_NAME` for each of `channels`, a
/// warning when its last message failed; and `alert_channels` when none
/// is configured. Reads only. Of a state without alerts there is nothing to say.
[[nodiscard]] std::vector<run::Finding> examine_channels(sql::Connection& connection,
                                                         const std::vector<std::string>& channels);

}  // namespace tidemark::alert
