#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark receive lookup`: is what is here of one record the hub's latest version?
[[nodiscard]] Command receive_lookup_command();

}  // namespace tidemark::cli
