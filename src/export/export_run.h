#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/export_plan.h"
#include "export/held_tree.h"
#include "export/packed_end.h"
#include "export/path_template.h"
#include "export/slice_reader.h"
#include "export/source_check.h"
#include "export/source_table.h"
#include "export/spec.h"
#include "export/summary.h"
#include "export/unknown_files.h"
#include "export/worker_crew.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// Shown while a run is under way.
struct ExportProgress {
  std::uint64_t rows = 0;
  std::optional<std::uint64_t> rows_expected;
  std::uint64_t bytes = 0;
  std::uint64_t groups = 0;  ///< Met so far.
  /// Incremental runs.
  std::optional<std::uint64_t> tenants_total{};
  std::uint64_t tenants_ended = 0;
  std::vector<std::string> running{};  ///< Tenants.
};

/// One export of one table into one tree, from the lock to the summary.
///
/// Order of durability: files, index, watermark. Whatever ends the process between two steps, the
/// next run finds the tree in a state from which it gets to the same end.
class ExportRun {
 public:
  struct Environment {
    Connect connect;
    const Clock& clock;
    const Stop& stop;
    std::string source;  ///< Url::identity(): remembered in the tree.
    /// Asked before --prune removes anything; nullopt: remove without asking.
    std::function<bool(const ExportSummary&)> confirm_prune{};
    /// For a dry run: the index is damaged and stays where it is; go on as a run that rebuilds it.
    bool without_index = false;
  };

  ExportRun(Environment environment, TableSpec spec, ExportOptions options);
  ~ExportRun();

  /// Errors: what kept the run from starting (locked, unreachable, unauthorized, invalid_config,
  /// corrupt state, …). What went wrong later is in the summary.
  [[nodiscard]] Result<ExportSummary> run();

  /// After run() failed: the index is damaged. put_index_aside(), and the next run rebuilds it; of
  /// a dry run, see Environment::without_index.
  [[nodiscard]] bool index_is_damaged() const { return tree_.index_damaged; }
  [[nodiscard]] Result<void> put_index_aside();

  /// Thread-safe.
  [[nodiscard]] ExportProgress progress() const;

 private:
  [[nodiscard]] Result<ExportSummary> lock_to_summary();
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<void> check_options() const;
  [[nodiscard]] Result<void> check_place();
  [[nodiscard]] Result<void> open_source();
  [[nodiscard]] Result<void> open_tree();
  /// Once; nothing in a dry run.
  [[nodiscard]] Result<void> remember_source(SourceCheck& check) const;
  [[nodiscard]] Result<void> plan();
  [[nodiscard]] Result<void> work();
  /// A reader may meet damage of the index as well as the publisher; but a damaged source says
  /// "corrupt" too.
  [[nodiscard]] std::optional<Error> index_damage();
  /// Layout ndjson: the parts of all tenants that are complete come into the tree at once.
  void publish_packed();
  /// Rejects that no run met any more: their rows are deleted or voided.
  [[nodiscard]] Result<void> close_rejects();
  [[nodiscard]] Result<void> look_for_gone();
  [[nodiscard]] Result<void> look_for_gone_rows();
  [[nodiscard]] Result<void> look_for_gone_groups();
  [[nodiscard]] bool may_prune() const;
  [[nodiscard]] Result<void> move_watermarks();
  /// After a retry of rejects: their tenants' lines may have become whole.
  [[nodiscard]] Result<void> settle_lines();
  [[nodiscard]] std::string state_hash() const;
  /// What the index covers from now on, in one transaction after the watermarks.
  [[nodiscard]] Result<void> save_coverage();
  [[nodiscard]] bool is_of_all_unedited() const;
  [[nodiscard]] Result<void> remember_searches();
  [[nodiscard]] Result<void> remember_state();
  [[nodiscard]] Result<void> remember_read_from();
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] Result<UnknownFiles> look_for_unknown();
  /// What a job that is done has read is in the tree. Layout ndjson: not before the end.
  [[nodiscard]] bool jobs_are_published() const { return !crew_->packed() || packed_end_; }

  Environment environment_;
  TableSpec spec_;
  ExportOptions options_;
  ExportSummary summary_;
  std::string now_text_;

  std::unique_ptr<sql::Connection> connection_;
  std::optional<SourceTable> table_;
  std::optional<PathTemplate> path_;
  std::optional<std::string> enclosing_tree_;  ///< Another export's; see check_enclosing_tree().
  HeldTree tree_;
  std::optional<watermark::State> stepped_back_;  ///< See SourceCheck.
  std::optional<PackedEnd> packed_end_;           ///< Layout ndjson, from the end of the work on.

  GroupTable groups_;
  ReadCounts counts_;
  std::atomic<std::uint64_t> rows_expected_{0};  ///< The plan's, for progress().
  ExportPlan plan_;
  std::unique_ptr<WorkerCrew> crew_;  ///< Uses all of these: goes first.
};

}  // namespace tidemark::exporter
