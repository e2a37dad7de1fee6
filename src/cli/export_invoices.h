#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "export/spec.h"

namespace tidemark::cli {

/// `tidemark export invoices`
[[nodiscard]] Command export_invoices_command();

/// The flags of every export of `[export.invoices]`.
[[nodiscard]] std::vector<Flag> export_invoices_flags();

/// Runs the export of `[export.<name>]`, shows progress and summary.
[[nodiscard]] Result<ExitCode> run_export(Context& context, const std::string& name,
                                          const exporter::ExportOptions& options);

}  // namespace tidemark::cli
