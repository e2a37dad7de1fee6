#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load users`
[[nodiscard]] Command load_users_command();

}  // namespace tidemark::cli
