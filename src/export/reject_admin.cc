#include "export/reject_admin.h"

#include <algorithm>
#include <filesystem>

#include "base/bytes.h"
#include "export/accepted_rejects.h"
#include "export/state_admin.h"
#include "export/state_directory.h"
#include "export/tree_lock.h"

namespace tidemark::exporter {
namespace {

/// The keys that are on the list, as the list writes them.
Result<std::vector<Key>> keys_on_list(const std::vector<Reject>& rejects,
                                      const std::vector<std::string>& texts) {
  std::vector<Key> keys;
  for (const std::string& text : texts) {
    const auto found =
        std::ranges::find(rejects, text, [](const Reject& r) { return r.key.text(); });
    if (found == rejects.end()) {
      return fail(ErrorKind::not_found,
                  {"no row with the key {} is on the reject list", "拒收清单中没有键为 {} 的行"},
                  printable(text));
    }
    keys.push_back(found->key);
  }
  return keys;
}

}  // namespace

Result<std::vector<Reject>> list_rejects(const std::string& output) {
  const std::string directory = state_directory_of(output);
  if (Result<void> exists = require_state(directory); !exists) return fail(exists.error());
  std::error_code code;
  if (!std::filesystem::exists(TreeIndex::path_in(directory), code)) return std::vector<Reject>{};
  return TreeIndex::read(directory, [](TreeIndex& index) { return index.rejects(); });
}

Result<std::int64_t> accept_rejects(const std::string& output,
                                    const std::optional<std::vector<std::string>>& keys,
                                    const Clock& clock) {
  const Result<std::vector<Reject>> rejects = list_rejects(output);
  if (!rejects) return fail(rejects.error());
  std::vector<Key> chosen;
  if (keys) {
    Result<std::vector<Key>> found = keys_on_list(*rejects, *keys);
    if (!found) return fail(std::move(found).error());
    chosen = std::move(*found);
  }
  if (rejects->empty()) return 0;
  const std::string directory = state_directory_of(output);
  const Result<TreeLock> lock = TreeLock::acquire(directory, clock);
  if (!lock) return fail(lock.error());
  Result<TreeIndex> index = TreeIndex::open(directory, IndexDb::Mode::read_write);
  if (!index) return fail(std::move(index).error());
  const Result<accepted_rejects::TakenOver> taken = accepted_rejects::take_over(*index, directory);
  if (!taken) return fail(taken.error());
  if (taken->unreadable) return fail(*taken->unreadable);
  if (!keys) {
    const Result<std::int64_t> all = index->accept_rejects(std::nullopt);
    if (!all) return all;
    if (Result<void> saved = accepted_rejects::keep(*index, directory); !saved)
      return fail(saved.error());
    return all;
  }

  if (Result<void> begun = index->begin(); !begun) return fail(begun.error());
  std::int64_t accepted = 0;
  for (const Key& key : chosen) {
    const Result<std::int64_t> changed = index->accept_rejects(key);
    if (!changed) return changed;
    accepted += *changed;
  }
  if (Result<void> committed = index->commit(); !committed) return fail(committed.error());
  if (Result<void> saved = accepted_rejects::keep(*index, directory); !saved)
    return fail(saved.error());
  return accepted;
}

}  // namespace tidemark::exporter
