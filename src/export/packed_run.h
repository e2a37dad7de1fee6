#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// The name of a run that begins now: later than every run of the tree, also when the clock was set
/// back since. The newest run is remembered in the index; a new index asks the manifests, and the
/// names of the parts where a manifest is damaged or lost. Errors: corrupt (the name of a run in a
/// manifest), io, and those of the index.
[[nodiscard]] Result<std::string> next_packed_run(TreeIndex& index, const std::string& output,
                                                  WallTime now);

/// Remembers a run whose parts are about to come into the tree. In the caller's transaction, which
/// is durable before the first manifest lists one of them: a run that is killed in between still
/// counts as the newest. Errors: those of the index.
[[nodiscard]] Result<void> note_packed_run(TreeIndex& index, const std::string& run);

}  // namespace tidemark::exporter
