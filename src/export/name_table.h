#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "export/index_db.h"
#include "export/name_filter.h"
#include "export/waiting_names.h"

namespace tidemark::exporter {

/// Which row owns which name: table `name` of the index, from name_hash() to the id of the file.
///
/// Hashes come in no order. Put in one by one they would touch a page each, all over a B-tree that
/// grows with the tree, and every page goes through the write-ahead log. So the names of new rows
/// wait in memory, and go into the table many at a time, sorted: each page is touched once.
///
/// The table has the names of all files with an id up to `settled`, a number in `meta`; those of
/// later ones wait. What waits needs no durability of its own: load() makes it from the files.
class NameTable {
 public:
  /// So many names wait, and those that a round adds beyond: 4 MB; as much is the filter.
  static constexpr std::size_t waiting_max = 1 << 16;

  /// Prepares the statements.
  [[nodiscard]] Result<void> prepare(IndexDb& db);
  /// Reads what the database says now: after opening, and after a rollback.
  [[nodiscard]] Result<void> load(IndexDb& db);

  [[nodiscard]] Result<std::optional<std::int64_t>> owner(std::int64_t hash);
  /// For the new file `id`, larger than settled(). False if somebody has the name.
  [[nodiscard]] Result<bool> take(std::int64_t hash, std::int64_t id);
  /// A name that nobody has, for the file `id`, whose former name was removed.
  /// Errors: corrupt: somebody has it.
  [[nodiscard]] Result<void> add(std::int64_t hash, std::int64_t id);
  /// The name is nobody's from now on.
  [[nodiscard]] Result<void> remove(std::int64_t hash);

  [[nodiscard]] bool is_full() const { return waiting_.size() >= waiting_max; }
  /// Puts what waits into the table. In the caller's transaction.
  [[nodiscard]] Result<void> settle(IndexDb& db);
  /// No file with an id up to this may be entered: its name would not be found after a crash.
  [[nodiscard]] std::int64_t settled() const { return settled_; }

 private:
  /// Whom the table says.
  [[nodiscard]] Result<std::optional<std::int64_t>> settled_owner(std::int64_t hash);

  IndexStatement find_, insert_, insert_many_, remove_;
  WaitingNames waiting_;
  std::int64_t settled_ = 0;
  /// Of what is in the table, if that was empty when it was read: then a first export asks it for
  /// no name that it does not have.
  std::optional<NameFilter> filter_;
};

}  // namespace tidemark::exporter
