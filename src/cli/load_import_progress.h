#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load import-progress`
[[nodiscard]] Command load_import_progress_command();

}  // namespace tidemark::cli
