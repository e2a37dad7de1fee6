#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "base/exit_code.h"
#include "cli/context.h"
#include "run/finding.h"

namespace tidemark::cli {

/// Shows what was found, for people or a line each with --json, and a summary at the end, where
/// `subject` says what was examined: `{"export", "invoices"}`. failed when there is a failure.
[[nodiscard]] ExitCode report_findings(const Context& context,
                                       std::span<const run::Finding> findings,
                                       std::pair<std::string_view, std::string_view> subject);

}  // namespace tidemark::cli
