#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command deliveries_command();

}  // namespace tidemark::cli
