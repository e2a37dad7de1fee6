#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "export/stale_files.h"
#include "export/summary.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// Rows of the index that a full export did not meet: deleted or voided at the source.
struct GoneRows {
  std::vector<std::int64_t> ids;
  std::vector<GoneRow> examples;  ///< The first few.
};

/// Asks `seen` for each id up to `max_id`, the largest that the index had when the run began.
/// Errors: those of the index.
[[nodiscard]] Result<GoneRows> find_gone(TreeIndex& index, std::int64_t max_id,
                                         const std::function<bool(std::int64_t id)>& seen);

/// What remove_gone() did: files that are really away.
struct RemovedGone {
  std::uint64_t gone = 0;       ///< Of rows.
  std::uint64_t unknown = 0;    ///< Of no row.
  std::vector<Error> failures;  ///< The first few; see StaleFiles.
};

/// Removes their files and forgets them, and removes `files` that belong to no row. The index notes
/// the files before it forgets the rows: a run that is killed in between leaves nothing behind for
/// good. Errors: those of the index, io.
[[nodiscard]] Result<RemovedGone> remove_gone(TreeIndex& index, const std::string& output,
                                              const std::vector<std::int64_t>& ids,
                                              const std::vector<std::string>& files);

}  // namespace tidemark::exporter
