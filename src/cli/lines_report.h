#pragma once

#include <string>

#include "export/summary.h"

namespace tidemark::cli {

/// The end of an export in the lines of the Bash script that came before, for those who read its
/// log or look for `[SUCCESS] 增量导出完成!` in it. `redo` redoes what failed.
[[nodiscard]] std::string lines_report(const exporter::ExportSummary& summary, Language language,
                                       const std::string& redo);

}  // namespace tidemark::cli
