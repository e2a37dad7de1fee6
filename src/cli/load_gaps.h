#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load gaps`: spans within the watermark that no scan has proven.
[[nodiscard]] Command load_gaps_command();

}  // namespace tidemark::cli
