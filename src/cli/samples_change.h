#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark samples change`. Changes an invoice table as a day of business does.
[[nodiscard]] Command samples_change_command();

}  // namespace tidemark::cli
