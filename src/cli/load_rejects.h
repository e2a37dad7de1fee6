#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load rejects`: rows of a shop that could not be stored.
[[nodiscard]] Command load_rejects_command();

}  // namespace tidemark::cli
