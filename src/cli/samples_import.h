#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark samples import`. Public data sets become tables.
[[nodiscard]] Command samples_import_command();

}  // namespace tidemark::cli
