#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export compact`
[[nodiscard]] Command export_compact_command();

}  // namespace tidemark::cli
