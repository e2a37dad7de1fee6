#pragma once

#include "cli/frame.h"

namespace tidemark::cli {

/// Programs that take the place of the scripts people come from: same names, options, variables,
/// folders and lines. They are symbolic links to this binary.

/// `export_invoice_data`, for export_invoice_data.py and, with `--report lines`, for
/// export_invoice_data.sh.
[[nodiscard]] Program export_invoice_data_program();

/// `export_basic_data`, for export_basic_data.py.
[[nodiscard]] Program export_basic_data_program();

}  // namespace tidemark::cli
