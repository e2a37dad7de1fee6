#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "base/stop.h"

namespace tidemark::sql {

/// How far a backup is, in pages of the database.
using BackupProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct BackupSummary {
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> rows{};  ///< By table, as counted in the copy.
};

/// Copies the SQLite file `path` into the empty or missing file `copy` while others read and write:
/// all of one moment, since the copy is made inside one read transaction. A file with a write-ahead
/// log takes writes meanwhile; in one with another journal writers wait. Then examines the copy:
/// integrity, foreign keys, and the same number of rows in every table as the source had at that
/// moment. The copy is one file, and not synced.
/// Errors: not_found, corrupt (not a database, damaged, or the copy is not what the source was),
/// timeout, no_space, io, cancelled.
[[nodiscard]] Result<BackupSummary> backup_sqlite(const std::string& path, const std::string& copy,
                                                  const BackupProgress& progress, const Stop& stop);

}  // namespace tidemark::sql
