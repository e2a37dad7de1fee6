#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export state import`
[[nodiscard]] Command export_import_command();

}  // namespace tidemark::cli
