#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "export/source_record.h"
#include "export/tree_lock.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// Errors: not_found, saying how the tree is named.
[[nodiscard]] Result<void> require_state(const std::string& state_directory);

/// What the state directory of a tree says. Reads only, and takes no lock: safe at any time.
struct StateView {
  struct Tenant {
    std::string tenant;
    std::optional<watermark::TenantState> state;  ///< nullopt: no line in the state file.
    std::optional<CivilTime> covered;             ///< Up to where the index knows its files.
    /// Since the mark; nullopt if this machine does not know the tree's zone.
    std::optional<std::chrono::seconds> age;
  };
  std::string directory;
  std::optional<SourceRecord> source;  ///< nullopt: never exported by Tidemark.
  std::vector<Tenant> tenants;         ///< By their bytes.
  std::optional<TreeLock::Owner> lock;
  bool has_index = false;
  std::int64_t files = 0;  ///< In the index.
  std::int64_t rejects_open = 0;
  std::int64_t rejects_accepted = 0;
  std::vector<std::string> backups;  ///< Oldest first.
  /// A file that could not be read. The rest is shown all the same.
  std::vector<Error> damage;
};

/// Errors: not_found (there is no such tree).
[[nodiscard]] Result<StateView> view_state(const std::string& output, const Clock& clock);

/// Removes the lines of `tenants`, or of all if nullopt; the next incremental run reads these
/// tenants from the beginning, and files that are right stay as they are. The state file is backed
/// up first; with nullopt it may be damaged. Returns how many lines went.
/// Errors: locked, not_found (no such tree, or no line of a tenant; then nothing is changed),
/// corrupt, io, no_space.
[[nodiscard]] Result<std::size_t> reset_state(
    const std::string& output, const std::optional<std::vector<std::string>>& tenants,
    const Clock& clock);

/// The name of the newest backup that is whole. Reads only. Errors: not_found (no such tree, or no
/// such backup), io.
[[nodiscard]] Result<std::string> newest_whole_backup(const std::string& output);
/// Whether a backup can be put in place. Reads only. Errors: not_found, corrupt, io.
[[nodiscard]] Result<void> check_backup(const std::string& output, const std::string& backup);

/// Puts a backup in place; what it replaces is backed up. Errors: locked, not_found, corrupt, io,
/// no_space.
[[nodiscard]] Result<void> restore_state(const std::string& output, const std::string& backup,
                                         const Clock& clock);

/// Now as the tree's backups are named: in its zone, or UTC if that is unknown here.
[[nodiscard]] CivilTime tree_time(const std::string& state_directory, const Clock& clock);

}  // namespace tidemark::exporter
