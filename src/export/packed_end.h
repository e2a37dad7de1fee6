#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/stop.h"
#include "export/chunk.h"
#include "export/export_plan.h"
#include "export/packed_tree.h"
#include "export/publisher.h"
#include "export/spec.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// How a run of layout ndjson ended.
struct PackedEnd {
  bool published = false;  ///< If not, the tree is as it was, but see `failure`.
  PackedTree::Commit commit;
  /// Folders of groups that are not gone: those that were published, and KeptLines::standing.
  std::set<std::string> standing;
  /// Why all groups kept their old parts: something of the tree cannot be read. Which groups are
  /// gone nobody knows then.
  std::optional<Error> damage;
  std::optional<Error> failure;  ///< Why the parts could not be published.
};

/// What the ending works with.
struct PackedWork {
  const ExportOptions& options;
  const Stop& stop;
  const Publisher& publisher;  ///< Finished.
  PackedTree& packed;
  TreeIndex& index;
  ExportPlan& plan;
  GroupTable& groups;
};

/// Publishes the parts of a run, instead of the old ones if it read everything, beside them else:
/// of a full export all or, if a part of the table was not read, none; of an incremental run those
/// of the tenants whose windows were read whole. Whatever is not published counts as failed from
/// then on, in the groups and in the jobs: a summary tells as exported what is in the tree, and
/// nothing else. Waits on the disk.
[[nodiscard]] PackedEnd end_packed(const PackedWork& work);

}  // namespace tidemark::exporter
