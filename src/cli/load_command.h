#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load`
[[nodiscard]] Command load_command();

}  // namespace tidemark::cli
