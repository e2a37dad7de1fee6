#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark receive verify`: checks a stored request, and says why it is accepted or refused.
[[nodiscard]] Command receive_verify_command();

}  // namespace tidemark::cli
