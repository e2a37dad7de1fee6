#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load orders`
[[nodiscard]] Command load_orders_command();

}  // namespace tidemark::cli
