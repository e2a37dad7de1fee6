#include "export/tree_recovery.h"

#include <filesystem>
#include <optional>
#include <vector>

#include "base/atomic_file.h"
#include "export/packed_recovery.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

/// The row was committed with another content than its file has now.
Result<void> retry_interrupted(TreeIndex& index, const NameOwner& owner,
                               const std::string& now_text) {
  return index.put_reject({.key = owner.key,
                           .tenant = std::nullopt,
                           .country = {},
                           .number = owner.file.path.stem,
                           .reason = "the run that wrote its file was killed",
                           .hash = {},
                           .first_seen = now_text,
                           .last_seen = now_text});
}

/// Its files that cannot be removed stay on the index's list: they stop nobody.
Result<StaleFiles> undo_round(TreeFolder& tree, TreeIndex& index, RoundJournal& journal,
                              const std::string& now_text) {
  const Result<std::vector<TreePath>> names = journal.names();
  if (!names) return std::unexpected(names.error());
  StaleFiles stale;
  if (names->empty()) {
    if (Result<void> cleared = journal.clear(); !cleared) return fail(std::move(cleared.error()));
    return stale;
  }

  std::vector<std::string> unknown;
  if (Result<void> begun = index.begin(); !begun) return fail(std::move(begun.error()));
  for (const TreePath& path : *names) {
    const Result<std::optional<NameOwner>> owner = index.owner_of(name_hash(path.stem));
    if (!owner) return std::unexpected(owner.error());
    const std::optional<FileStamp> stamp = tree.stamp(path);
    const bool owned =
        *owner && ((*owner)->file.path == path || tree.same_file((*owner)->file.path, path));
    if (!owned) {
      if (stamp) unknown.push_back(path.text());
    } else if (const TreeFile& file = (*owner)->file;
               stamp != FileStamp{.size = file.size, .mtime = file.mtime}) {
      if (Result<void> put = retry_interrupted(index, **owner, now_text); !put) {
        return fail(std::move(put.error()));
      }
    }
  }
  for (const std::string& path : unknown) {
    if (Result<void> noted = index.add_removal(path); !noted) return fail(std::move(noted.error()));
  }
  if (Result<void> committed = index.commit(); !committed) {
    return fail(std::move(committed.error()));
  }
  if (!unknown.empty()) {
    Result<StaleFiles> removed = remove_stale_files(index, tree, unknown);
    if (!removed) return removed;
    stale = std::move(*removed);
  }
  if (Result<void> cleared = journal.clear(); !cleared) return fail(std::move(cleared.error()));
  return stale;
}

}  // namespace

Result<StaleFiles> recover_tree(const std::string& output, TreeIndex& index, RoundJournal& journal,
                                const std::string& now_text) {
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) return fail(std::move(tree.error()));
  Result<StaleFiles> stale = remove_unlisted_parts(index, *tree);
  if (!stale) return stale;
  const Result<StaleFiles> undone = undo_round(*tree, index, journal, now_text);
  if (!undone) return fail(undone.error());
  stale->add(*undone);
  return stale;
}

void remove_temporary_files(const std::string& folder, std::chrono::seconds age) {
  const fs::file_time_type newest = fs::file_time_type::clock::now() - age;
  std::error_code code;
  for (fs::directory_iterator entry{folder, code}, end; !code && entry != end;
       entry.increment(code)) {
    if (!is_temporary_name(entry->path().filename().native())) continue;
    std::error_code ignored;  // See the header.
    if (age.count() > 0 && !(entry->last_write_time(ignored) < newest)) continue;
    fs::remove(entry->path(), ignored);
  }
}

}  // namespace tidemark::exporter
