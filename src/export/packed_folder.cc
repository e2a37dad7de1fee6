#include "export/packed_folder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "export/packed_run.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

Result<PackedFolders::Given> PackedFolders::give(const std::string& tenant,
                                                 const std::string& country) {
  const std::string plain = clean_component(tenant) + "/" + clean_component(country);
  std::optional<std::string> first_free;
  std::optional<Error> unreadable;
  for (std::uint64_t attempt = 0; attempt <= mark_attempts_max; ++attempt) {
    std::string folder =
        attempt == 0 ? plain : marked_stem(plain, tenant + '\0' + country, attempt - 1);
    if (taken_.contains(fold_case(folder))) continue;
    const Result<bool> there = exists(folder);
    if (!there) return std::unexpected(there.error());
    if (*there) {
      Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree_, folder);
      if (!manifest) {
        if (!unreadable) unreadable = std::move(manifest.error());
        continue;
      }
      if (*manifest) {
        if ((*manifest)->tenant != tenant || (*manifest)->country != country) continue;
        take(folder);
        return Given{.folder = std::move(folder), .manifest = std::move(*manifest)};
      }
      const Result<bool> orphans = has_orphans(folder);
      if (!orphans) return std::unexpected(orphans.error());
      if (*orphans) {
        if (!unreadable) unreadable = PackedManifest::missing(folder);
        continue;
      }
    }
    if (!first_free) first_free = std::move(folder);
  }
  // The group may live there, and would get a second folder beside it.
  if (unreadable) return fail(std::move(*unreadable));
  if (!first_free)
    return fail(ErrorKind::io, {"no free folder for {}", "{} 没有可用的目录"}, plain);
  take(*first_free);
  return Given{.folder = std::move(*first_free)};
}

Result<bool> PackedFolders::has_orphans(const std::string& folder) {
  const Result<std::vector<std::string>> names = tree_->names(folder);
  if (!names) return std::unexpected(names.error());
  return std::ranges::any_of(*names, [&](const std::string& name) {
    return !run_of_part(name).empty() && !nobodys_.contains(folder + "/" + name);
  });
}

Result<bool> PackedFolders::exists(std::string_view folder) {
  if (tree_ == nullptr) return false;
  const auto [above, name] = split_path(folder);
  auto listed = below_.find(std::string(above));
  if (listed == below_.end()) {
    const Result<std::vector<std::string>> names = tree_->names(std::string(above));
    if (!names) return std::unexpected(names.error());
    listed = below_.emplace(above, std::set<std::string>()).first;
    // Folders that ignore case answer to other names than they list.
    for (const std::string& entry : *names) listed->second.insert(fold_case(entry));
  }
  return listed->second.contains(fold_case(name));
}

}  // namespace tidemark::exporter
