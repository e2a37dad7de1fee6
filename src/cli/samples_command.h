#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark samples`: sample data to try everything on.
[[nodiscard]] Command samples_command();

}  // namespace tidemark::cli
