#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export state show|reset|restore|import`
[[nodiscard]] Command export_state_command();

}  // namespace tidemark::cli
