#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load products`
[[nodiscard]] Command load_products_command();

}  // namespace tidemark::cli
