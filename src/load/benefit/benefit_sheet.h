#pragma once

#include <span>
#include <vector>

#include "base/text.h"
#include "load/benefit/benefit_run.h"
#include "load/sheet/sheet.h"

namespace tidemark::load {

/// The columns of the report on decisions, with headers and sentences in `language`.
[[nodiscard]] std::vector<SheetColumn> benefit_columns(Language language);

/// Writes a row for each decision. Errors: those of the writer.
[[nodiscard]] Result<void> write_benefits(SheetWriter& writer,
                                          std::span<const DecidedOrder> decided, Language language);

}  // namespace tidemark::load
