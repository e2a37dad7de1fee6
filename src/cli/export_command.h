#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export …`
[[nodiscard]] Command export_command();

}  // namespace tidemark::cli
