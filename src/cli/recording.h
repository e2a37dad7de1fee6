#pragma once

#include <optional>
#include <string>

#include "base/exit_code.h"
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

/// A run in the ledger: begun here, ended with finish() (without it: recorded as failed). Keeping
/// the record cannot stop the run: where it is not possible, that is logged once.
class RecordedRun {
 public:
  /// `job`: `export invoices`. `counts` must stay callable until this object is gone.
  RecordedRun(const Context& context, std::string job, run::CountsCallback counts = {});
  void finish(run::RunEnd end);

 private:
  std::optional<run::RunLedger> ledger_;
  std::optional<run::ActiveRun> run_;  ///< Goes before the ledger.
};

/// How a run ended that could not do its work.
[[nodiscard]] run::RunEnd failed_end(const Context& context, const Error& error);
/// `success`, `partial`, `cancelled` or `failed`, by the exit code of the run.
[[nodiscard]] run::RunStatus run_status(ExitCode code);

}  // namespace tidemark::cli
