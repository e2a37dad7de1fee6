#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/export_plan.h"
#include "export/held_tree.h"
#include "export/packed_tree.h"
#include "export/path_template.h"
#include "export/publisher.h"
#include "export/slice_reader.h"
#include "export/source_table.h"
#include "export/spec.h"

namespace tidemark::exporter {

/// The threads of a run: readers that work the plan's slices off, and the publisher.
class WorkerCrew {
 public:
  /// What the crew works with; all of it outlives the crew.
  struct Workplace {
    const Connect& connect;
    const Clock& clock;
    const Stop& stop;
    const ExportOptions& options;
    const SourceTable& table;
    const PathTemplate& path;
    const HeldTree& tree;
    TreeIndex& index;       ///< The tree's, open.
    RoundJournal* journal;  ///< The tree's; nullptr in a dry run.
    ExportPlan& plan;
    GroupTable& groups;
    ReadCounts& counts;
    const std::string& now_text;  ///< UTC, for the reject list.
  };

  /// Starts the publisher. Errors: no_space, io, not_found (the tree).
  [[nodiscard]] static Result<std::unique_ptr<WorkerCrew>> start(const Workplace& workplace);
  WorkerCrew(const WorkerCrew&) = delete;
  WorkerCrew& operator=(const WorkerCrew&) = delete;
  ~WorkerCrew();

  /// Works all slices off, in options.threads threads; waits. When asked to stop, slices that
  /// nobody has begun fail as cancelled. Now and then it calls `save` (in the caller's thread), for
  /// the watermarks of what is done. Errors: what keeps a worker from starting; what goes wrong
  /// later is in the jobs.
  [[nodiscard]] Result<void> work(const std::function<void()>& save);

  /// Rows that the windows did not give: rejects are tried again whatever their stamp; rows whose
  /// file was adopted and then went to another row are written under a name of their own. Waits.
  /// Comes after work() and publisher().drain(). Errors: as work().
  [[nodiscard]] Result<void> read_again();

  [[nodiscard]] Publisher& publisher() { return *publisher_; }
  [[nodiscard]] PackedTree* packed() { return packed_.get(); }  ///< nullptr: layout files.

 private:
  explicit WorkerCrew(const Workplace& workplace);
  [[nodiscard]] Result<void> start_publisher();
  [[nodiscard]] Result<std::unique_ptr<RowSink>> make_sink(std::size_t worker, bool adopt);
  [[nodiscard]] Result<void> add_reader(std::size_t worker, SliceQueue& queue, bool adopt);
  void cancel_rest();

  Workplace at_;
  /// Rows to be taken off the reject list when they are good. Readers look at it all the time: it
  /// changes only while none is at work.
  std::set<Key> known_rejects_;
  std::vector<std::optional<TreeFolder>> trees_;       ///< By worker.
  std::vector<std::optional<Staging>> stagings_;       ///< By worker, until its reader takes it.
  std::unique_ptr<PackedTree> packed_;                 ///< Layout ndjson.
  KeyCensus census_;                                   ///< The readers'.
  std::vector<std::unique_ptr<SliceReader>> readers_;  ///< Own the staging folders.
  std::unique_ptr<Publisher> publisher_;               ///< Uses them: goes first.
};

}  // namespace tidemark::exporter
