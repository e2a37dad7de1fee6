#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export sweep`
[[nodiscard]] Command export_sweep_command();

}  // namespace tidemark::cli
