#include "export/gone_groups.h"

#include <fmt/format.h>

#include <optional>

#include "export/stale_files.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t examples_max = 20;

/// Should we die from here on, the next run removes those parts that no manifest lists.
Result<void> note_removals(TreeIndex& index, const std::vector<std::string>& parts) {
  if (Result<void> begun = index.begin(); !begun) return begun;
  for (const std::string& part : parts) {
    if (Result<void> noted = index.add_removal(part); !noted) {
      index.rollback();
      return noted;
    }
  }
  return index.commit();
}

}  // namespace

Result<GoneGroups> find_gone_groups(const std::string& output,
                                    const std::set<std::string>& standing, const Nobodys& nobodys) {
  GoneGroups gone;
  const Result<std::vector<std::string>> folders = packed_folders(output);
  if (!folders) return std::unexpected(folders.error());
  if (folders->empty()) return gone;
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) return fail(std::move(tree.error()));
  for (const std::string& folder : *folders) {
    if (standing.contains(folder)) continue;
    const Result<std::optional<PackedManifest>> manifest =
        load_packed_folder(*tree, folder, nobodys);
    if (!manifest) {
      if (gone.failures.size() < StaleFiles::failures_max) {
        gone.failures.push_back(manifest.error());
      }
      continue;
    }
    if (!*manifest || (*manifest)->rows() == 0) continue;
    gone.folders.push_back(folder);
    gone.rows += (*manifest)->rows();
    gone.parts += (*manifest)->parts.size();
    if (gone.examples.size() < examples_max) gone.examples.push_back({Key(), folder});
  }
  return gone;
}

Result<RemovedGroups> remove_gone_groups(TreeIndex& index, const std::string& output,
                                         const std::vector<std::string>& folders) {
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) return fail(std::move(tree.error()));
  std::vector<std::pair<std::string, PackedManifest>> groups;
  std::vector<std::string> parts;
  const auto add_parts = [&parts](const std::string& folder, const PackedManifest& manifest) {
    for (const PackedPart& part : manifest.parts) parts.push_back(folder + "/" + part.file);
  };
  for (const std::string& folder : folders) {
    Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree, folder);
    if (!manifest) return fail(std::move(manifest.error()));
    if (!*manifest) continue;
    add_parts(folder, **manifest);
    groups.emplace_back(folder, std::move(**manifest));
  }
  if (Result<void> noted = note_removals(index, parts); !noted) {
    return fail(std::move(noted.error()));
  }
  RemovedGroups removed;
  StaleFiles failed;
  parts.clear();
  for (const auto& [folder, manifest] : groups) {
    Result<void> gone = tree->remove(fmt::format("{}/{}", folder, PackedManifest::file_name));
    if (!gone) {
      failed.add({.failures = {std::move(gone.error())}});
      continue;
    }
    removed.rows += manifest.rows();
    add_parts(folder, manifest);
  }
  // A power cut must not bring a manifest back whose parts are away.
  if (Result<void> synced = tree->sync_names(); !synced) return fail(std::move(synced.error()));
  Result<StaleFiles> files = remove_stale_files(index, *tree, parts);
  if (!files) return fail(std::move(files.error()));
  removed.parts = files->removed;
  failed.add(*files);
  removed.failures = std::move(failed.failures);
  return removed;
}

}  // namespace tidemark::exporter
