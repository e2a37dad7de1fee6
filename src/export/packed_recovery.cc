#include "export/packed_recovery.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "export/packed_folder.h"

namespace tidemark::exporter {

Result<StaleFiles> remove_unlisted_parts(TreeIndex& index, TreeFolder& tree) {
  const Result<PathSet> doubtful = index.removals();
  if (!doubtful) return std::unexpected(doubtful.error());
  if (doubtful->empty()) return StaleFiles{};
  Result<PathSet> noted = index.nobodys_removals();
  if (!noted) return fail(std::move(noted.error()));
  const Nobodys nobodys{.paths = std::move(*noted)};
  std::vector<std::string> stale;
  PathSet unreadable;
  StaleFiles failed;
  for (const std::string& path : *doubtful) {
    const auto [folder, file] = split_path(path);
    if (path.contains(".ndjson")) {
      const Result<std::optional<PackedManifest>> manifest =
          load_packed_folder(tree, std::string(folder), nobodys);
      if (!manifest) {
        // It may list the part. Nobody else waits for that.
        index.leave_removal(path);
        if (unreadable.emplace(folder).second) failed.add({.failures = {manifest.error()}});
        continue;
      }
      if (*manifest && std::ranges::find((*manifest)->parts, file, &PackedPart::file) !=
                           (*manifest)->parts.end()) {
        continue;
      }
    }
    // One that could not be removed earlier may have become a row's again.
    if (const std::optional<TreePath> name = tree_path_from(path)) {
      const Result<std::optional<NameOwner>> owner = index.owner_of(name_hash(name->stem));
      if (!owner) return std::unexpected(owner.error());
      if (*owner && (*owner)->file.path == *name) continue;
    }
    stale.push_back(path);
  }
  Result<StaleFiles> removed = remove_stale_files(index, tree, stale);
  if (removed) removed->add(failed);
  return removed;
}

}  // namespace tidemark::exporter
