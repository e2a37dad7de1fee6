#pragma once

#include "cli/context.h"
#include "run/progress.h"

namespace tidemark::cli {

/// How progress is shown here: a bar for somebody who looks, lines for a log, JSON for a program,
/// nothing with --quiet or `--progress off`. PROGRESS_INTERVAL (seconds) says how often a line
/// comes.
[[nodiscard]] run::ProgressOptions progress_options(const Context& context);

}  // namespace tidemark::cli
