#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/spec.h"

namespace tidemark::exporter {

struct CompactOptions {
  std::string output;
  Compression compression = Compression::none;
  int compression_level = 0;
  bool dry_run = false;
};

struct CompactSummary {
  std::uint64_t groups = 0;         ///< Folders with a manifest.
  std::uint64_t groups_folded = 0;  ///< Of these, written anew.
  std::uint64_t rows_before = 0;
  std::uint64_t rows_after = 0;
  std::uint64_t parts_before = 0;
  std::uint64_t parts_after = 0;
  std::uint64_t bytes_written = 0;
};

/// Folds the parts of a packed tree (layout ndjson): of each key only the newest line stays, also
/// when the row moved from one group to another. A line is newer when its run is, within a run when
/// its update time is. Takes the tree's lock; memory does not grow with the tree (the keys go to a
/// temporary SQLite file).
/// A dry run takes no lock and writes nothing at all.
/// Errors: locked, not_found (no tree), unsupported (layout files), corrupt (a part differs from
/// its manifest), no_space, io, cancelled; then the tree is as it was, but that all groups are
/// folded except those whose folders take no file.
[[nodiscard]] Result<CompactSummary> compact(const CompactOptions& options, const Clock& clock,
                                             const Stop& stop);

}  // namespace tidemark::exporter
