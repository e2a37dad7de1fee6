#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load aftersales`
[[nodiscard]] Command load_aftersales_command();

}  // namespace tidemark::cli
