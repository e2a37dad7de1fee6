#include "export/packed_recovery.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "export/packed_manifest.h"

namespace tidemark::exporter {

Result<StaleFiles> remove_unlisted_parts(TreeIndex& index, TreeFolder& tree) {
  const Result<std::vector<std::string>> doubtful = index.removals();
  if (!doubtful) return std::unexpected(doubtful.error());
  if (doubtful->empty()) return StaleFiles{};
  std::vector<std::string> stale;
  for (const std::string& path : *doubtful) {
    const auto [folder, file] = split_path(path);
    if (path.contains(".ndjson")) {
      const Result<std::optional<PackedManifest>> manifest =
          PackedManifest::load(tree, std::string(folder));
      if (!manifest) return std::unexpected(manifest.error());
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
  return remove_stale_files(index, tree, stale);
}

}  // namespace tidemark::exporter
