#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load live`
[[nodiscard]] Command load_live_command();

}  // namespace tidemark::cli
