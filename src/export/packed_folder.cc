#include "export/packed_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/system_error.h"
#include "export/packed_part_name.h"
#include "export/state_directory.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

namespace fs = std::filesystem;

namespace {

/// `code`: where it ended early.
std::set<std::string> walk(const std::string& output, std::error_code& code) {
  std::set<std::string> found;
  fs::recursive_directory_iterator entry{output, code};
  for (const fs::recursive_directory_iterator end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename();
    if (name == state_directory_name) {
      entry.disable_recursion_pending();
    } else if (name == PackedManifest::file_name || !run_of_part(name).empty()) {
      found.insert(entry->path().parent_path().lexically_relative(output).string());
    }
  }
  return found;
}

/// Parts that no manifest lists, as there is none, and that nothing else explains.
Result<bool> has_orphans(TreeFolder& tree, const std::string& folder, const PathSet& nobodys) {
  const Result<std::vector<std::string>> names = tree.names(folder);
  if (!names) return std::unexpected(names.error());
  return std::ranges::any_of(*names, [&](const std::string& name) {
    return !run_of_part(name).empty() && !nobodys.contains(folder + "/" + name);
  });
}

}  // namespace

Result<std::vector<std::string>> packed_folders(const std::string& output) {
  constexpr int walks_max = 3;
  for (int attempt = 1;; ++attempt) {
    std::error_code code;
    const std::set<std::string> found = walk(output, code);
    if (!code) return std::vector(found.begin(), found.end());
    if (code == std::errc::no_such_file_or_directory) {
      std::error_code of_output;
      if (!fs::exists(output, of_output) && !of_output) return std::vector<std::string>{};
      // A run beside us removed a folder that had become empty.
      if (attempt < walks_max) continue;
    }
    // Half of the folders would be taken for all of them.
    return fail_errno(code.value(), {"cannot look through {}", "无法遍历 {}"}, output);
  }
}

Result<std::optional<PackedManifest>> load_packed_folder(TreeFolder& tree,
                                                         const std::string& folder,
                                                         const Nobodys& nobodys) {
  constexpr int looks_max = 3;
  std::optional<PathSet> noted_since;
  for (int look = 1;; ++look) {
    // In this order: a run beside us that has moved the parts since has written the manifest, too,
    // or they are noted now.
    Result<std::optional<PackedManifest>> manifest = PackedManifest::load(tree, folder);
    if (!manifest || *manifest) return manifest;
    const Result<bool> orphans =
        has_orphans(tree, folder, noted_since ? *noted_since : nobodys.paths);
    if (!orphans) return std::unexpected(orphans.error());
    if (!*orphans) return manifest;
    if (!nobodys.again || look == looks_max) return fail(PackedManifest::missing(folder));
    noted_since = nobodys.again();
  }
}

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
      Result<std::optional<PackedManifest>> manifest = load_packed_folder(*tree_, folder, nobodys_);
      if (!manifest) {
        if (!unreadable) unreadable = std::move(manifest.error());
        continue;
      }
      if (*manifest) {
        if ((*manifest)->tenant != tenant || (*manifest)->country != country) continue;
        take(folder);
        return Given{.folder = std::move(folder), .manifest = std::move(*manifest)};
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
