#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command completion_command();

}  // namespace tidemark::cli
