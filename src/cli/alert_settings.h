#pragma once

#include "api/alert_part.h"
#include "base/result.h"
#include "config/settings.h"

namespace tidemark::cli {

/// All of `[alert]`: rules with their thresholds, channels that are on. Errors: invalid_config,
/// naming the setting; of a channel its table, and never its secret.
[[nodiscard]] Result<api::AlertOptions> alert_options(const config::Settings& settings);

}  // namespace tidemark::cli
