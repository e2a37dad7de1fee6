#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export selftest`
[[nodiscard]] Command export_selftest_command();

}  // namespace tidemark::cli
