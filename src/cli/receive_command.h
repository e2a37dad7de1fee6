#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark receive`: the receiving side of the relay.
[[nodiscard]] Command receive_command();

}  // namespace tidemark::cli
