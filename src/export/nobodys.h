#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "export/tree_file.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// Parts that may lie in a packed tree without a manifest that lists them: what a run moves into
/// the tree, or removes from it, it notes in the index before, and until manifest and parts are
/// right again. See TreeIndex::nobodys_removals().
struct Nobodys {
  PathSet paths;
  /// Reads them anew. Set where we do not have the tree's lock, so that a run may be at work beside
  /// us: what it has moved since is not among `paths`, and no manifest may list it yet.
  std::function<PathSet()> again{};

  /// Of a run, by its index: a dry run's is a copy. Errors: those of the index.
  [[nodiscard]] static Result<Nobodys> of(TreeIndex& index, const std::string& output,
                                          bool dry_run);
  /// Without lock and index: none if the index of the tree cannot be read.
  [[nodiscard]] static Nobodys read(const std::string& output);
};

}  // namespace tidemark::exporter
