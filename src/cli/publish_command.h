#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command publish_command();

}  // namespace tidemark::cli
