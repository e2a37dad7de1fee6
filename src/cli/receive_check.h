#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark receive check`: compares everything with the hub; for the weekly schedule.
[[nodiscard]] Command receive_check_command();

}  // namespace tidemark::cli
