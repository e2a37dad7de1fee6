#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "export/spec.h"
#include "export/summary.h"
#include "run/ledger.h"

namespace tidemark::cli {

/// `tidemark export invoices`
[[nodiscard]] Command export_invoices_command();

/// `tidemark export NAME`: the further exports of the configuration, `[export.NAME]`.
[[nodiscard]] Command export_named_command();

/// The flags of every export; they set `export.*`.
[[nodiscard]] std::vector<Flag> export_flags();
/// `--confirm-source`, of exports and sweeps.
[[nodiscard]] Flag confirm_source_flag();

/// How the end of a run is told to people.
using SummaryText = std::string (*)(const exporter::ExportSummary& summary, Language language,
                                    const std::string& redo);

/// Runs the export of `[export.<name>]`, shows progress and summary.
[[nodiscard]] Result<ExitCode> run_export(Context& context, const std::string& name,
                                          const exporter::ExportOptions& options,
                                          SummaryText text = exporter::summary_text);

/// Likewise, with the options that the flags of the command say.
[[nodiscard]] Result<ExitCode> run_export(Context& context, const std::string& name,
                                          SummaryText text = exporter::summary_text);

/// How the ledger records the end of such a run.
[[nodiscard]] run::RunEnd end_of(const exporter::ExportSummary& summary);

}  // namespace tidemark::cli
