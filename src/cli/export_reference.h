#pragma once

#include <vector>

#include "cli/command.h"
#include "cli/context.h"

namespace tidemark::cli {

/// `tidemark export reference`
[[nodiscard]] Command export_reference_command();

/// Its flags, which the drop-in has too.
[[nodiscard]] std::vector<Flag> export_reference_flags();

/// Exports the reference tables as configured (`reference.*`), and prints what was done.
[[nodiscard]] Result<ExitCode> run_export_reference(Context& context);

}  // namespace tidemark::cli
