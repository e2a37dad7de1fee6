#include "export/gone_rows.h"

#include <algorithm>
#include <optional>

#include "export/tree_folder.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t examples_max = 20;

}  // namespace

Result<GoneRows> find_gone(TreeIndex& index, std::int64_t max_id,
                           const std::function<bool(std::int64_t id)>& seen) {
  GoneRows gone;
  for (std::int64_t id = 1; id <= max_id; ++id) {
    if (seen(id)) continue;
    const Result<std::optional<NameOwner>> row = index.by_id(id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    gone.ids.push_back(id);
    if (gone.examples.size() < examples_max) {
      gone.examples.push_back({(*row)->key, (*row)->file.path.text()});
    }
  }
  return gone;
}

Result<RemovedGone> remove_gone(TreeIndex& index, const std::string& output,
                                const std::vector<std::int64_t>& ids,
                                const std::vector<std::string>& files) {
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) return fail(std::move(tree.error()));
  std::vector<std::string> paths = files;
  if (Result<void> begun = index.begin(); !begun) return fail(std::move(begun.error()));
  for (const std::string& path : files) {
    if (Result<void> noted = index.add_removal(path); !noted) return fail(std::move(noted.error()));
  }
  for (const std::int64_t id : ids) {
    const Result<std::optional<NameOwner>> row = index.by_id(id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    paths.push_back((*row)->file.path.text());
    if (Result<void> noted = index.add_removal(paths.back()); !noted) {
      return fail(std::move(noted.error()));
    }
    if (Result<void> erased = index.erase(id); !erased) return fail(std::move(erased.error()));
  }
  if (Result<void> committed = index.commit(); !committed) {
    return fail(std::move(committed.error()));
  }
  Result<StaleFiles> removed = remove_stale_files(index, *tree, paths);
  if (!removed) return fail(std::move(removed.error()));
  RemovedGone counts{.failures = std::move(removed->failures)};
  counts.unknown = static_cast<std::uint64_t>(
      std::ranges::count_if(files, [&](const std::string& path) { return !index.leaves(path); }));
  counts.gone = removed->removed - counts.unknown;
  return counts;
}

}  // namespace tidemark::exporter
