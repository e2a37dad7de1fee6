#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command alerts_command();

}  // namespace tidemark::cli
