#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "cli/context.h"

namespace tidemark::cli {

/// `tidemark doctor --load`: examines what loading needs of the shop and of the warehouse, and
/// reports. Changes nothing. Errors: usage (with flags of an export or a hub); invalid_config.
[[nodiscard]] Result<ExitCode> examine_load(Context& context);

}  // namespace tidemark::cli
