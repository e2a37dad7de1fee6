#pragma once

#include "cli/context.h"
#include "run/ledger.h"
#include "run/progress.h"

namespace tidemark::cli {

/// Where the record of runs is kept, as configured (`state`), and the journal beside it.
/// Errors: invalid_config.
[[nodiscard]] Result<run::LedgerOptions> ledger_options(const Context& context);

/// How this run shows its progress: --progress, -q, --json, and what stderr is. Lines go to the
/// log, JSON to stdout, a bar to the terminal. PROGRESS_INTERVAL sets the seconds between lines.
[[nodiscard]] run::ProgressOptions progress_options(const Context& context);

}  // namespace tidemark::cli
