#pragma once

#include "cli/command.h"

namespace tidemark::cli {

[[nodiscard]] Command subscriptions_command();

}  // namespace tidemark::cli
