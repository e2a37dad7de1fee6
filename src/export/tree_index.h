#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "export/file_rows.h"
#include "export/index_db.h"
#include "export/index_stamp.h"
#include "export/key.h"
#include "export/name_table.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

/// A row that could not be exported, set aside.
struct Reject {
  Key key;
  /// nullopt: unknown, see open_rejects.h. The empty text is a tenant like any other.
  std::optional<std::string> tenant;
  std::string country;
  std::string number;
  std::string reason;
  ContentHash hash;        ///< Of the bad payload: acceptance ends when it changes.
  std::string first_seen;  ///< UTC, `2025-12-03T17:04:06Z`.
  std::string last_seen;
  bool accepted = false;  ///< Somebody knows; does not make runs partial.
};

/// A row that the index does not know yet. Views: valid during the call.
struct NewFile {
  const Key& key;
  const TreePath& path;
  const ContentHash& hash;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  bool adopted = false;
  std::int64_t id = 0;
};

/// `{output}/.export_state/index.db`: which file belongs to which row. Part of the tree; rebuilt
/// when it is missing or damaged. The writer is used by one thread at a time; each reading thread
/// has an IndexReader of its own.
///
/// Tables: file (key → path, hash, size), name (see NameTable), removal (stale files still to be
/// removed), reject, tenant (up to where the index covers a tenant), meta. See docs/manual.
class TreeIndex {
 public:
  static constexpr std::string_view file_name = "index.db";
  /// One of an older version is brought up to date first (see index_schema); in the modes that only
  /// read, a copy is. A user who may not write beside it, and a dry run, read past SQLite's locks:
  /// where a run writes it meanwhile, it is opened again, a few times. Errors: corrupt (damaged: to
  /// be made anew), unsupported (of a newer version), locked (a run kept writing), no_space, io.
  [[nodiscard]] static Result<TreeIndex> open(const std::string& directory, IndexDb::Mode mode);
  /// Opens the index only to read, and gives what `look` makes of it, a Result. Where a run wrote
  /// it past the eyes of `look`, both are done again. Errors: those of open() and `look`.
  template <class Look>
  [[nodiscard]] static std::invoke_result_t<Look, TreeIndex&> read(
      const std::string& directory, const Look& look,
      IndexDb::Mode mode = IndexDb::Mode::read_only) {
    for (int attempt = 1;; ++attempt) {
      Result<TreeIndex> index = open(directory, mode);
      if (!index) return fail(std::move(index.error()));
      std::invoke_result_t<Look, TreeIndex&> seen = look(*index);
      if (index->is_as_opened(directory)) return seen;
      if (attempt == attempts_max) return fail(being_written(directory));
    }
  }
  /// A fresh one in a temporary file, whatever the tree has. Errors: no_space, io.
  [[nodiscard]] static Result<TreeIndex> empty();
  [[nodiscard]] static std::string path_in(const std::string& directory);

  /// True if this open() created it.
  [[nodiscard]] bool fresh() const { return fresh_; }

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();
  /// Puts the names of new rows in their place now; else that happens now and then, and what is
  /// left costs the next run a few milliseconds. In the caller's transaction.
  [[nodiscard]] Result<void> settle_names() { return names_.settle(db_); }
  /// Reads the whole index; for when something else already hinted at damage.
  [[nodiscard]] bool is_damaged();

  // --- files
  [[nodiscard]] Result<std::optional<TreeFile>> find(const Key& key);
  [[nodiscard]] Result<std::optional<NameOwner>> owner_of(std::int64_t hash);
  /// False if key or name are taken.
  [[nodiscard]] Result<bool> insert(const Key& key, const TreeFile& file);
  /// Several at once, which takes half the time; all by the run `run`. Sets `id` of each; 0 if key
  /// or name are taken.
  [[nodiscard]] Result<void> insert_all(std::span<NewFile> files, std::int64_t run);
  /// By file.id; the name must be free or its own.
  [[nodiscard]] Result<void> update(const TreeFile& file);
  [[nodiscard]] Result<void> erase(std::int64_t id);
  [[nodiscard]] Result<std::int64_t> count();
  [[nodiscard]] Result<std::int64_t> max_id();
  /// In the order of ids.
  [[nodiscard]] Result<void> for_each(
      const std::function<Result<void>(const Key&, const TreeFile&)>& visit);
  [[nodiscard]] Result<std::optional<NameOwner>> by_id(std::int64_t id);
  /// Of the row that was entered last.
  [[nodiscard]] std::int64_t last_id() const { return last_id_; }

  // --- stale files
  [[nodiscard]] Result<void> add_removal(std::string_view path);
  /// Of a part that a manifest lists until another takes its place: if neither is there any more,
  /// nobody knows whether it is stale.
  [[nodiscard]] Result<void> add_replaced_part(std::string_view path);
  [[nodiscard]] Result<PathSet> removals();
  /// Those that add_removal() noted: no manifest ever listed them, or it was removed.
  [[nodiscard]] Result<PathSet> nobodys_removals();
  /// All are gone, but for those that leave_removal() named.
  [[nodiscard]] Result<void> clear_removals();
  /// The file could not be removed: it stays on the list, and the next run tries again.
  void leave_removal(std::string path) { not_removed_.insert(std::move(path)); }
  /// Whether leave_removal() named it.
  [[nodiscard]] bool leaves(const std::string& path) const { return not_removed_.contains(path); }

  // --- rejects
  [[nodiscard]] Result<void> put_reject(const Reject& reject);
  /// One that an earlier index of this tree had accepted. Nothing if the row is on the list.
  [[nodiscard]] Result<void> put_accepted(const Reject& reject);
  [[nodiscard]] Result<void> erase_reject(const Key& key);
  [[nodiscard]] Result<std::vector<Reject>> rejects();
  /// All open ones if `key` is nullopt. Returns how many.
  [[nodiscard]] Result<std::int64_t> accept_rejects(const std::optional<Key>& key);
  [[nodiscard]] Result<std::int64_t> open_rejects();

  // --- tenants
  /// Up to where the index covers each tenant from the baseline on; a tenant that is not in it has
  /// to be read from the baseline.
  [[nodiscard]] Result<std::map<std::string, CivilTime, std::less<>>> covered();
  [[nodiscard]] Result<void> set_covered(std::string_view tenant, CivilTime upto);
  /// Up to the baseline, unless it is known better.
  [[nodiscard]] Result<void> add_covered(std::string_view tenant);
  /// Of all tenants, at once if no transaction is open.
  [[nodiscard]] Result<void> forget_coverage();

  // --- meta
  [[nodiscard]] Result<std::string> meta(std::string_view name);
  [[nodiscard]] Result<void> set_meta(std::string_view name, std::string_view value);
  /// Numbers the runs of this tree.
  [[nodiscard]] Result<std::int64_t> next_run();

 private:
  explicit TreeIndex(IndexDb db) : db_(std::move(db)) {}
  [[nodiscard]] static Result<TreeIndex> open_as_it_is(const std::string& directory,
                                                       IndexDb::Mode mode);
  /// The tree's own file is attached and only read. Its version; 0 if nothing is in it.
  [[nodiscard]] Result<int> copy_from(const std::string& path);
  [[nodiscard]] Result<void> prepare();

  [[nodiscard]] Result<PathSet> removals_where(std::string_view condition);
  [[nodiscard]] Result<void> note_removal(std::string_view path, bool replaced);

  static constexpr int attempts_max = 20;
  [[nodiscard]] static Error being_written(const std::string& directory);
  /// False: what was read since open() may be torn.
  [[nodiscard]] bool is_as_opened(const std::string& directory) const;

  /// Reads names and ids anew.
  [[nodiscard]] Result<void> load();
  /// Enters files whose names are theirs already: one, or as many as insert_many_ has room for.
  [[nodiscard]] Result<void> enter(std::span<NewFile* const> files, std::int64_t run);
  /// Where the name of a file is now. Errors: corrupt: there is no such file.
  [[nodiscard]] Result<std::int64_t> name_of(std::int64_t id);

  IndexDb db_;
  NameTable names_;
  std::int64_t last_id_ = 0;
  bool rolled_back_ = false;  ///< Names and ids in memory are not those of the database.
  bool fresh_ = false;
  std::optional<IndexStamp> opened_;  ///< If it is read past its locks.
  std::set<std::string> not_removed_;
  IndexStatement find_, stem_, insert_, insert_many_, update_, erase_, by_id_;
  IndexStatement put_reject_, erase_reject_, add_removal_;
};

}  // namespace tidemark::exporter
