#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command config_command();

}  // namespace tidemark::cli
