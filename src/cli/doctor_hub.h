#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "cli/context.h"

namespace tidemark::cli {

/// `tidemark doctor --hub`: examines the state of `tidemark serve` and reports. Changes nothing.
/// Errors: usage (with flags of an export); invalid_config.
[[nodiscard]] Result<ExitCode> examine_hub_state(Context& context);

}  // namespace tidemark::cli
