#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command serve_command();

}  // namespace tidemark::cli
