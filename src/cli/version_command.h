#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command version_command();

}  // namespace tidemark::cli
