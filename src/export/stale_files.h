#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// What became of stale files. One that cannot be removed (a folder that may not be written to)
/// keeps nobody from exporting: it stays on the index's list, and the next run tries again.
struct StaleFiles {
  static constexpr std::size_t failures_max = 20;
  std::uint64_t removed = 0;
  std::vector<Error> failures;  ///< The first few.

  void add(const StaleFiles& other);
};

/// Removes files that the index has on its list of removals, makes that durable and takes them off
/// the list. Errors: those of the index, no_space, io (the names could not be made durable).
[[nodiscard]] Result<StaleFiles> remove_stale_files(TreeIndex& index, TreeFolder& tree,
                                                    std::span<const std::string> paths);

}  // namespace tidemark::exporter
