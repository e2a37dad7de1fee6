#pragma once

#include "base/result.h"
#include "export/stale_files.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// Carries out what the index notes as to be removed, but leaves parts that a manifest lists: a run
/// that was killed in PackedTree::commit() noted its new parts and those that they replace, and
/// only the manifests tell how far it came. Call at the start of a run.
/// Errors: corrupt (a manifest), io, and those of the index.
[[nodiscard]] Result<StaleFiles> remove_unlisted_parts(TreeIndex& index, TreeFolder& tree);

}  // namespace tidemark::exporter
