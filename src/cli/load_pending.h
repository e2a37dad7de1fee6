#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load pending`: orders whose benefit cannot be decided.
[[nodiscard]] Command load_pending_command();

}  // namespace tidemark::cli
