#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load backup`
[[nodiscard]] Command load_backup_command();

}  // namespace tidemark::cli
