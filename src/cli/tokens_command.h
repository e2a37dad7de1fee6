#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command tokens_command();

}  // namespace tidemark::cli
