#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark load export-csv`
[[nodiscard]] Command load_export_csv_command();
/// `tidemark load export-xlsx`
[[nodiscard]] Command load_export_xlsx_command();

}  // namespace tidemark::cli
