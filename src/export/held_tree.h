#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "export/open_rejects.h"
#include "export/round_journal.h"
#include "export/rows_of_key.h"
#include "export/spec.h"
#include "export/tree_index.h"
#include "export/tree_lock.h"

namespace tidemark::exporter {

/// The output tree while one run has it: locked, cleared of what a killed run left, its index open
/// and what the index knew at the start. lock() comes first, then open_index(). A dry run locks and
/// writes nothing.
struct HeldTree {
  HeldTree(std::string output_folder, bool dry_run_only);

  /// Creates and locks the tree. `notes` says if the lock was taken over. Errors: locked, no_space,
  /// io.
  [[nodiscard]] Result<void> lock(const Clock& clock, std::vector<Message>& notes);
  /// Opens (or makes) the index and clears up what a killed run left. `now_text` is UTC.
  /// Errors: corrupt (`index_damaged` tells whether it is the index), unsupported, no_space, io.
  [[nodiscard]] Result<void> open_index(const std::string& now_text, std::vector<Message>& notes);
  /// What the tree holds is no longer what the watermarks say: every tenant is read from the
  /// beginning, in this run or a later one. Call after open_index(). Errors: no_space, io, corrupt.
  [[nodiscard]] Result<void> forget_coverage();
  /// After a failure that says corrupt: looks whether that is the index, unless it is known to be.
  void examine_damage();
  /// Closes the damaged index and puts it aside; still locked.
  [[nodiscard]] Result<void> put_index_aside();
  /// The rows have another key than the index and the list of accepted rejects know them by: both
  /// are put aside, or passed over by a dry run. Before open_index(). Errors: io.
  [[nodiscard]] Result<void> put_key_aside();

  std::string output;
  std::string state_directory;
  bool dry_run;
  /// Dry run over a damaged index: what a run would find that has put it aside.
  bool without_index = false;
  bool without_acceptances = false;  ///< Likewise, see put_key_aside().

  std::optional<TreeLock> held;  ///< Not in a dry run. Let go of last.
  std::optional<TreeIndex> index;
  std::optional<RoundJournal> journal;  ///< Not in a dry run.
  std::vector<Error> not_removed;  ///< Stale files of earlier runs that still cannot be removed.
  bool index_damaged = false;
  bool may_have_files = true;  ///< That the index does not know.
  std::int64_t run = 0;
  std::int64_t max_id = 0;
  std::map<std::string, CivilTime, std::less<>> covered;  ///< See TreeIndex::covered().
  std::set<Key> rejects;                                  ///< On the list, accepted or not.
  std::map<Key, ListedKey> doubled;                       ///< Of these, keys of several rows.
  OpenRejects rejecting;

 private:
  /// Into an index that does not have them yet.
  [[nodiscard]] Result<void> take_over_acceptances(std::vector<Message>& notes);
  [[nodiscard]] Result<void> clear_up(const std::string& now_text);
  [[nodiscard]] Result<void> read_records();
};

}  // namespace tidemark::exporter
