#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load file`
[[nodiscard]] Command load_file_command();

}  // namespace tidemark::cli
