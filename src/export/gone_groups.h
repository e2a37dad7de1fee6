#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "export/packed_folder.h"
#include "export/summary.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// Groups of a packed tree of which a full export read no row: all of theirs are deleted or voided
/// at the source, or moved to other groups.
struct GoneGroups {
  std::vector<std::string> folders;
  std::uint64_t rows = 0;  ///< That their manifests list.
  std::uint64_t parts = 0;
  std::vector<GoneRow> examples;  ///< The first few folders.
  std::vector<Error> failures;    ///< The first few manifests that are lost or cannot be read.
};

/// All groups that have rows, but for those in the folders of `standing`. Errors: io.
[[nodiscard]] Result<GoneGroups> find_gone_groups(const std::string& output,
                                                  const std::set<std::string>& standing,
                                                  const Nobodys& nobodys);

struct RemovedGroups {
  std::uint64_t rows = 0;
  std::uint64_t parts = 0;      ///< That are really away.
  std::vector<Error> failures;  ///< The first few; see StaleFiles.
};

/// Removes the groups in these folders: manifests first, since without them the parts do not exist
/// for a reader. A group whose manifest stays keeps its parts too, and the next full export finds
/// it gone again. Errors: corrupt, io, those of the index.
[[nodiscard]] Result<RemovedGroups> remove_gone_groups(TreeIndex& index, const std::string& output,
                                                       const std::vector<std::string>& folders);

}  // namespace tidemark::exporter
