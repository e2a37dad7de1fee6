#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "load/column_use.h"
#include "load/load_run.h"
#include "load/stream_kind.h"

namespace tidemark::cli {

/// What a command of `tidemark load` reads.
struct StreamLoad {
  load::StreamKind stream;
  /// Without --from --to, --incremental or --rescan.
  load::LoadMode usual = load::LoadMode::incremental;
  bool windows = true;             ///< The command takes those flags.
  std::vector<std::string> ids{};  ///< Live streams: these only.
};

/// --platform, --shop-url, --warehouse, --dry-run, and what chooses a window if there are any.
[[nodiscard]] std::vector<Flag> stream_flags(const StreamLoad& loading);

/// What is read into the warehouse, and how. Its parts must outlive the run.
struct LoadWork {
  load::Extractor& extractor;
  const load::StreamTables& tables;
  Pause& pause;
  load::LoadOptions options;
  std::function<load::ColumnUse()> columns{};  ///< Of a file, to be told once it was read.
  std::string name;  ///< `load orders`: the run is recorded as that; a dry run is not recorded.
};

/// Runs it with progress and summary. Errors: locked: the same load runs already (files and chosen
/// ids may be loaded beside one another); the run could not begin.
[[nodiscard]] Result<ExitCode> run_load(Context& context, const LoadWork& work);

/// Reads the stream into the warehouse, shows progress and summary, records the run. Errors: the
/// run could not begin.
[[nodiscard]] Result<ExitCode> load_stream(Context& context, const StreamLoad& loading);

}  // namespace tidemark::cli
