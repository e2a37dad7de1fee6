#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "export/chunk.h"
#include "export/held_tree.h"
#include "export/key.h"
#include "export/open_rejects.h"
#include "export/set_back.h"
#include "export/slice_queue.h"
#include "export/source_table.h"
#include "export/spec.h"
#include "export/sweep_measures.h"
#include "sql/connection.h"
#include "watermark/boundary.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// In the index: when the spellings of tenants were looked for the last time among all rows.
inline constexpr std::string_view spellings_meta = "spellings_searched";
/// Likewise when rows that are stamped far ahead were looked for.
inline constexpr std::string_view stamps_ahead_meta = "stamps_ahead_searched";

/// What a run is going to read, and by which watermarks.
struct ExportPlan {
  SliceQueue queue;
  std::deque<Job> jobs;                         ///< The slices in the queue point to them.
  std::atomic<std::uint64_t> tenants_total{0};  ///< Incremental runs: with a window to be read.
  std::atomic<std::uint64_t> tenants_ended{0};  ///< Of these, read and published, or failed.
  watermark::State state;                       ///< As it is now. Not of a full run.
  watermark::State state_on_disk;               ///< As the file was read or written last.
  std::set<std::string> hand_edited;  ///< Tenants whose line somebody edited during the run.
  std::optional<watermark::Boundary> boundary;  ///< Incremental runs only.
  /// Incremental runs: also where a tenant's mark is later, its window begins at `read_from` at the
  /// latest, or where a run ended that has read it since.
  std::optional<SetBack> set_back;
  /// Incremental runs: all spellings of tenants were looked for, from the baseline on, at this time
  /// of the database.
  std::optional<CivilTime> spellings_searched;
  std::optional<CivilTime> stamps_ahead_searched;  ///< Likewise: rows stamped far ahead were.
  std::optional<SweepMeasures> sweep;              ///< Sweeps only.
  /// The server's estimate, for the progress bar. Full exports of everything only.
  std::optional<std::uint64_t> rows_expected;
  std::vector<Message> notes;     ///< What a reader of the summary should know.
  std::set<Key> retried_rejects;  ///< Which rejects the run will have tried: by default all.
  /// As the list stood before the run, and as it stands once it is closed.
  OpenRejects rejecting;
  bool rejects_closed = false;
  /// Up to where the index covers each tenant; see TreeIndex::covered(). Watermarks as they move.
  std::map<std::string, CivilTime, std::less<>> covered;

  /// Rows of the job's tenant wait, or may wait, for somebody.
  [[nodiscard]] bool leaves_rejects(const Job& job) const {
    return rejecting.may_be_of(job.tenant) ||
           (!rejects_closed && (job.rejected.load() > 0 || job.sets_aside.load()));
  }
};

/// Fills in `plan`: one job for the whole table (full), one a tenant from its watermark up to the
/// boundary (incremental; all windows end there; a tenant that was named has none if it has neither
/// a watermark nor rows), or just the keys on the reject list. Restricts `table` if there is a
/// limit. `stepped_back` replaces the state file, see SourceCheck.
///
/// The boundary is fixed here, so no row of the run may have been read before.
/// Errors: not_found (a reject that is not on the list), corrupt (state file), no_space, io, those
/// of the connection.
[[nodiscard]] Result<void> plan_export(sql::Connection& connection, SourceTable& table,
                                       const ExportOptions& options, HeldTree& tree,
                                       const std::optional<watermark::State>& stepped_back,
                                       const Clock& clock, ExportPlan& plan);

/// Adds slices that read just these rows.
void put_keys(const std::vector<Key>& keys, const SourceTable& table, Job& job, SliceQueue& queue);

}  // namespace tidemark::exporter
