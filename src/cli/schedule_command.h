#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command schedule_command();

}  // namespace tidemark::cli
