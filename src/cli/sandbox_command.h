#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark sandbox`
[[nodiscard]] Command sandbox_command();

}  // namespace tidemark::cli
