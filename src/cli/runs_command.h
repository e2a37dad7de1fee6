#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command runs_command();

}  // namespace tidemark::cli
