#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/path_template.h"
#include "export/publisher.h"
#include "export/round_journal.h"
#include "export/slice_reader.h"
#include "export/source_record.h"
#include "export/source_table.h"
#include "export/spec.h"
#include "export/summary.h"
#include "export/tree_lock.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// Shown while a run is under way.
struct ExportProgress {
  std::uint64_t rows = 0;
  std::optional<std::uint64_t> rows_expected;
  std::uint64_t bytes = 0;
  std::uint64_t groups = 0;
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
  };

  ExportRun(Environment environment, TableSpec spec, ExportOptions options);
  ~ExportRun();

  /// Errors: what kept the run from starting (locked, unreachable, unauthorized, invalid_config,
  /// corrupt state, …). What went wrong later is in the summary.
  [[nodiscard]] Result<ExportSummary> run();

  /// After run() failed: the index is damaged. put_index_aside(), and the next run rebuilds it.
  [[nodiscard]] bool index_is_damaged() const { return index_damaged_; }
  [[nodiscard]] Result<void> put_index_aside();

  /// Thread-safe.
  [[nodiscard]] ExportProgress progress() const;

 private:
  [[nodiscard]] Result<ExportSummary> lock_to_summary();
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<void> open_source();
  [[nodiscard]] Result<void> open_tree();
  [[nodiscard]] Result<void> check_source_record();
  [[nodiscard]] Result<void> compare_with(const SourceRecord& recorded,
                                          const SourceRecord& present);
  [[nodiscard]] Result<void> open_index();
  [[nodiscard]] std::optional<Error> index_damage();
  [[nodiscard]] Result<void> clear_up();
  [[nodiscard]] Result<void> remove_unknown(TreeFolder& tree);
  [[nodiscard]] Result<void> restrict_to_limit();
  [[nodiscard]] Result<void> plan();
  [[nodiscard]] Result<void> plan_tenants();
  [[nodiscard]] Result<void> plan_retry();
  [[nodiscard]] Result<void> work();
  [[nodiscard]] Result<void> start_publisher();
  [[nodiscard]] Result<std::unique_ptr<SliceReader>> make_reader(std::size_t worker,
                                                                 SliceQueue& queue, bool adopt);
  static void put_keys(const std::vector<Key>& keys, Job& job, SliceQueue& queue);
  [[nodiscard]] Result<void> read_again();
  [[nodiscard]] Result<void> save_watermarks();
  [[nodiscard]] Result<void> save_coverage();
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] Result<void> close_rejects();
  [[nodiscard]] Result<void> commit_packed();
  [[nodiscard]] Result<void> find_gone();
  [[nodiscard]] Result<void> prune(const std::vector<std::int64_t>& ids);
  void sum_up();
  [[nodiscard]] bool covers_all() const;
  [[nodiscard]] bool moves_watermarks() const;

  Environment environment_;
  TableSpec spec_;
  ExportOptions options_;
  std::string state_directory_;
  ExportSummary summary_;

  std::unique_ptr<sql::Connection> connection_;
  std::optional<SourceTable> table_;
  std::optional<PathTemplate> path_;
  std::optional<TreeLock> lock_;
  std::optional<TreeIndex> index_;
  std::optional<RoundJournal> journal_;
  std::optional<watermark::StateFile> state_file_;
  watermark::State state_;
  std::map<std::string, CivilTime, std::less<>> covered_;
  bool tree_may_have_files_ = true;
  std::optional<watermark::State> stepped_back_;  ///< Dry run: marks as a run would move them.
  bool index_damaged_ = false;
  bool packed_committed_ = false;
  std::int64_t run_ = 0;
  std::int64_t max_id_ = 0;
  std::string now_text_;
  std::set<Key> known_rejects_;
  std::set<Key> retried_rejects_;  ///< Of these, what this run will have tried: by default all.

  GroupTable groups_;
  SliceQueue queue_;
  ReadCounts counts_;
  std::atomic<std::uint64_t> rows_expected_{0};
  std::deque<Job> jobs_;
  std::vector<std::optional<TreeFolder>> trees_;       ///< By worker.
  std::vector<std::optional<Staging>> stagings_;       ///< By worker, until its reader takes it.
  std::unique_ptr<PackedTree> packed_;                 ///< Layout ndjson.
  std::vector<std::unique_ptr<SliceReader>> readers_;  ///< Own the staging folders.
  std::unique_ptr<Publisher> publisher_;               ///< Uses them: goes first.
};

}  // namespace tidemark::exporter
