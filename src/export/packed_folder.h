#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "export/nobodys.h"
#include "export/packed_manifest.h"
#include "export/path_clean.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {

/// All folders of the tree that hold a manifest or a part, sorted; none if there is no tree. Links
/// are not followed. Errors: io.
[[nodiscard]] Result<std::vector<std::string>> packed_folders(const std::string& output);

/// What one of them holds; nullopt if it has no manifest, and no part but those of `nobodys`, which
/// may lie in the tree without a manifest that lists them. Errors: corrupt (also a manifest that is
/// not there beside parts that it listed), io. Where a run may be at work beside us, it looks again
/// before it says so.
[[nodiscard]] Result<std::optional<PackedManifest>> load_packed_folder(TreeFolder& tree,
                                                                       const std::string& folder,
                                                                       const Nobodys& nobodys);

/// The folders of the groups of a packed tree, while one run plans what goes where. Each tenant's
/// folder is listed once, so the tree must not change meanwhile (in a dry run, one that a run
/// beside it makes may be missing). One thread at a time.
class PackedFolders {
 public:
  /// `tree` is nullptr if there is none yet; must outlive this.
  explicit PackedFolders(TreeFolder* tree, Nobodys nobodys = {})
      : tree_(tree), nobodys_(std::move(nobodys)) {}

  struct Given {
    std::string folder;
    std::optional<PackedManifest> manifest{};  ///< Of a group that is there already.
  };
  /// The folder whose manifest names the group; for a new group `{tenant}/{country}`, or with a
  /// mark if another group has that one (two names that clean to the same, or differ in case only).
  /// A group stays in its folder also when a better name has become free since. The folder counts
  /// as taken from then on. Errors: corrupt (a manifest that may be the group's), io.
  [[nodiscard]] Result<Given> give(const std::string& tenant, const std::string& country);

  /// No other group of this run gets `folder`.
  void take(std::string_view folder) { taken_.insert(fold_case(folder)); }

 private:
  /// Whether there can be a manifest: asks the listing, which costs less than a failing open for
  /// each of the names that a group may have.
  [[nodiscard]] Result<bool> exists(std::string_view folder);

  TreeFolder* tree_;
  Nobodys nobodys_;
  std::set<std::string> taken_;                         ///< As fold_case() gives them.
  std::map<std::string, std::set<std::string>> below_;  ///< Of each tenant's folder, likewise.
};

}  // namespace tidemark::exporter
