#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load benefits`
[[nodiscard]] Command load_benefits_command();

}  // namespace tidemark::cli
