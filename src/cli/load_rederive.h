#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load rederive`
[[nodiscard]] Command load_rederive_command();

}  // namespace tidemark::cli
