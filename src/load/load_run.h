#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/stop.h"
#include "base/write_behind.h"
#include "load/extractor.h"
#include "load/load_options.h"
#include "load/load_plan.h"
#include "load/load_summary.h"
#include "load/record_writer.h"
#include "load/scan_store.h"
#include "load/stage_clock.h"
#include "load/stream_tables.h"

namespace tidemark::load {

/// Where a run stands. Thread-safe.
struct LoadProgress {
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> windows{0};
  std::atomic<std::uint64_t> windows_total{0};
  std::atomic<std::uint64_t> errors{0};
};

/// Reads a stream of a shop into the warehouse, window by window, away from what is known to be
/// complete: pages go into the warehouse in batches, then the window is noted as finished and the
/// watermark moves. A thread of its own does all that, in this order, while the next pages are
/// read; it is at most two batches behind. May be killed at any point and run again.
class LoadRun {
 public:
  struct Environment {
    Extractor& extractor;
    const StreamTables& tables;
    ConnectWarehouse connect;
    const Clock& clock;
    Random& random;
    const Stop& stop;
    Pause& pause;
  };

  LoadRun(Environment environment, LoadOptions options)
      : environment_(std::move(environment)),
        options_(options),
        reach_(environment_.extractor.reach()),
        stages_(environment_.clock) {}

  /// Once. A window that failed is told in the summary, and the others go on, unless the source or
  /// the warehouse is away. Errors: the run could not begin: those of the warehouse.
  [[nodiscard]] Result<LoadSummary> run();
  [[nodiscard]] const LoadProgress& progress() const { return progress_; }

 private:
  [[nodiscard]] Result<void> open();
  [[nodiscard]] CivilTime source_time(WallTime time) const;
  [[nodiscard]] CivilTime source_now() const { return source_time(environment_.clock.wall()); }
  /// A scan that asked for the same and was cut off; nullopt if there is none to go on with.
  [[nodiscard]] Result<std::optional<Scan>> unfinished();
  void add_open_gaps(std::vector<TimeWindow>& windows) const;
  [[nodiscard]] Result<std::vector<TimeWindow>> begin_scan();
  /// Leaves out what the scan that is gone on with has finished.
  [[nodiscard]] Result<void> leave_out_finished(std::vector<TimeWindow>& windows);
  enum class ReadBy { usual, creation };
  /// Hands what is read to the thread behind. Nullopt: what was handed there cannot be written.
  [[nodiscard]] std::optional<Result<WindowReading>> read_rows(const TimeWindow& window, ReadBy by);
  /// False: nothing further can be read or written.
  [[nodiscard]] bool read_window(const TimeWindow& window);
  [[nodiscard]] Result<void> begin_writing();
  // Behind the reading, on the writer's thread:
  [[nodiscard]] Result<void> write_batch(const TimeWindow& window, std::vector<Observed> batch);
  [[nodiscard]] Result<void> finish_window(const TimeWindow& window, const Proof& proof,
                                           const WindowReading& reading);
  /// The connection for scans and watermark broke: another one.
  [[nodiscard]] Result<void> reconnect();
  void count(const BatchOutcome& outcome);
  void count_missed(const ChangedRecord& record);
  [[nodiscard]] std::uint64_t failed_windows();
  /// False: nothing further can be read.
  [[nodiscard]] bool note_failure(const TimeWindow& window, Error error);
  /// Of a window that was read. False: it is not to be noted as finished.
  [[nodiscard]] bool note_unproven(const TimeWindow& window, const WindowReading& reading);
  /// Whether its windows are to be compared with counts of the source.
  [[nodiscard]] bool compares_windows() const;
  /// Reads what was created in these days. No window of the scan, and no watermark moves.
  [[nodiscard]] Result<void> read_created(const TimeWindow& days);
  [[nodiscard]] Result<void> extend_watermark();
  /// So that the database joins large tables as such, in the check and afterwards.
  void refresh_statistics();
  void check_days();
  [[nodiscard]] Result<void> finish();

  Environment environment_;
  const LoadOptions options_;
  const Reach reach_;
  LoadProgress progress_;
  LoadSummary summary_;
  std::unique_ptr<sql::Connection> connection_;  ///< For scans and watermark; not of a dry run.
  std::optional<ScanStore> scans_;
  std::optional<RecordWriter> writer_;
  std::optional<Complete> known_;  ///< The watermark as the run found it.
  std::vector<Gap> gaps_;          ///< Likewise.
  std::size_t new_gaps_ = 0;
  LoadPlan plan_;
  Scan scan_;
  std::optional<std::uint64_t> listed_;  ///< See WindowReading.
  StageClock stages_;
  std::mutex mutex_;                   ///< Guards summary_ while windows are read.
  TimeWindow failed_window_{};         ///< The one whose writing failed.
  std::optional<WriteBehind> behind_;  ///< Last: its thread uses the others.
};

}  // namespace tidemark::load
