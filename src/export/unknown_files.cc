#include "export/unknown_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <ranges>

#include "base/system_error.h"
#include "export/state_directory.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

/// Known: some row's file, or one that is on its way out anyway.
Result<bool> is_known(const TreePath& path, TreeFolder& tree, TreeIndex& index,
                      const PathSet& removals) {
  if (removals.contains(path.text())) return true;
  const Result<std::optional<NameOwner>> owner = index.owner_of(name_hash(path.stem));
  if (!owner) return std::unexpected(owner.error());
  if (!*owner) return false;
  const TreePath& known = (*owner)->file.path;
  return known == path || tree.same_file(known, path);
}

bool is_of_reject(std::string_view stem, const std::unordered_set<std::int64_t>& rejected_names) {
  if (rejected_names.contains(name_hash(stem))) return true;
  const std::size_t mark = stem.rfind('~');
  return mark != std::string_view::npos && rejected_names.contains(name_hash(stem.substr(0, mark)));
}

}  // namespace

bool is_of_another_tree(const fs::path& folder) {
  std::error_code code;
  return folder.filename() == state_directory_name ||
         fs::symlink_status(folder / state_directory_name, code).type() != fs::file_type::not_found;
}

void UnknownFiles::disown() {
  foreign += exported.size();
  const std::size_t room = examples_max - std::min(examples_max, foreign_examples.size());
  std::ranges::copy(exported | std::views::take(room), std::back_inserter(foreign_examples));
  exported.clear();
}

Result<UnknownFiles> find_unknown_files(const std::string& output, TreeIndex& index,
                                        const PathTemplate& path_template,
                                        const std::unordered_set<std::int64_t>& rejected_names,
                                        const Stop& stop) {
  const Result<PathSet> removals = index.removals();
  if (!removals) return std::unexpected(removals.error());
  UnknownFiles unknown;
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) {
    if (tree.error().kind == ErrorKind::not_found) return unknown;  // A dry run before any other.
    return fail(std::move(tree.error()));
  }
  std::error_code code;
  fs::recursive_directory_iterator entry(output, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    if (stop.requested()) return fail(ErrorKind::cancelled, {"stopped", "已中止"});
    const fs::file_status status = entry->symlink_status(code);
    if (code) break;
    if (fs::is_directory(status)) {
      if (is_of_another_tree(entry->path())) entry.disable_recursion_pending();
      continue;
    }
    const std::string text = entry->path().lexically_relative(output).string();
    const std::optional<TreePath> path = tree_path_from(text);
    if (path && fs::is_regular_file(status)) {
      const Result<bool> known = is_known(*path, *tree, index, *removals);
      if (!known) return std::unexpected(known.error());
      if (*known || is_of_reject(path->stem, rejected_names)) continue;
      if (path_template.could_make(path->stem)) {
        unknown.exported.push_back(text);
        continue;
      }
    }
    ++unknown.foreign;
    if (unknown.foreign_examples.size() < UnknownFiles::examples_max) {
      unknown.foreign_examples.push_back(text);
    }
  }
  if (code) return fail_errno(code.value(), {"cannot look through {}", "无法遍历 {}"}, output);
  std::ranges::sort(unknown.exported);
  return unknown;
}

}  // namespace tidemark::exporter
