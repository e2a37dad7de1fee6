#include "export/packed_run.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "export/packed_folder.h"
#include "export/packed_part_name.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {
namespace {

constexpr std::string_view newest_run_meta = "packed_run";

/// Empty if there is no tree, or no part in it.
Result<std::string> newest_in_manifests(const std::string& output) {
  std::string newest;
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree && tree.error().kind == ErrorKind::not_found) return newest;
  if (!tree) return fail(std::move(tree.error()));
  const Result<std::vector<std::string>> folders = packed_folders(output);
  if (!folders) return std::unexpected(folders.error());
  for (const std::string& folder : *folders) {
    const Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree, folder);
    if (!manifest || !*manifest) {
      const Result<std::vector<std::string>> files = tree->names(folder);
      if (!files) return std::unexpected(files.error());
      for (const std::string& file : *files) newest = std::max(newest, run_of_part(file));
      continue;
    }
    for (const PackedPart& part : (*manifest)->parts) newest = std::max(newest, part.run);
  }
  return newest;
}

}  // namespace

Result<std::string> next_packed_run(TreeIndex& index, const std::string& output, WallTime now) {
  Result<std::string> newest = index.meta(newest_run_meta);
  if (newest && newest->empty()) newest = newest_in_manifests(output);
  if (!newest) return newest;
  std::string name = packed_run_name(now);
  if (*newest < name) return name;
  const std::optional<WallTime> last = packed_run_time(*newest);
  if (!last) {
    return fail(ErrorKind::corrupt, {"\"{}\" is not the name of a run", "“{}”不是运行名称"},
                printable(*newest));
  }
  return packed_run_name(*last + std::chrono::microseconds{1});
}

Result<void> note_packed_run(TreeIndex& index, const std::string& run) {
  return index.set_meta(newest_run_meta, run);
}

}  // namespace tidemark::exporter
