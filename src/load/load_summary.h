#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/result.h"
#include "base/stop.h"
#include "load/column_use.h"
#include "load/day_check.h"
#include "load/extractor.h"
#include "load/scan_store.h"
#include "load/stage_clock.h"
#include "load/stream_kind.h"
#include "load/time_window.h"
#include "load/unknown_codes.h"

namespace tidemark::load {

/// What a load did.
struct LoadSummary {
  std::string platform;
  StreamKind stream = StreamKind::orders;
  WindowTime time = WindowTime::created;  ///< What `range` and `complete` are times of.
  std::string_view mode;
  TimeWindow range{};
  std::optional<TimeWindow> earlier{};  ///< Read as well: what the watermark lacked before it.
  bool dry_run = false;
  bool stopped = false;  ///< A signal came; what was read so far is stored.

  std::optional<ColumnUse> columns{};  ///< Of a file.

  std::uint64_t windows = 0;
  std::uint64_t windows_finished = 0;
  std::uint64_t windows_resumed = 0;   ///< Finished by an earlier try; not read again.
  std::chrono::seconds resumed_age{};  ///< So long ago the first of those was finished.
  std::uint64_t windows_failed = 0;
  std::uint64_t pages = 0;
  std::uint64_t rereads = 0;
  std::uint64_t rows = 0;  ///< As they came, repeats included.

  std::uint64_t inserted = 0;
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t older = 0;
  std::uint64_t same_moment = 0;  ///< Of these: something else was read at the same moment.
  std::uint64_t redated = 0;      ///< Records that had been seen in the future, by a wrong clock.
  std::uint64_t rejected = 0;
  std::vector<Message> rejects{};  ///< The first few.
  std::uint64_t accepted = 0;      ///< Rows that cannot be stored, as somebody knows.
  UnknownCodes unknown_codes{};    ///< With the number of batches.
  /// Orders that are older than the usual re-scan reaches, and changed, or are new though the
  /// watermark covers them.
  std::uint64_t missed_by_rescan = 0;
  std::vector<std::string> missed_orders{};  ///< The first few ids.
  std::chrono::seconds usual_rescan{};

  std::uint64_t days_checked = 0;  ///< Against the source's own counts, where it tells them.
  std::uint64_t days_missing = 0;  ///< Less was read and stored than the source counts.
  std::uint64_t days_surplus = 0;  ///< Some are stored that the source has dropped.
  std::optional<TotalCheckResult> total{};  ///< Where everything was read at once.
  std::uint64_t days_off = 0;               ///< An amount of them is not what the source showed.
  std::vector<Message> day_differences{};   ///< The first few.
  std::uint64_t amounts_compared = 0;       ///< Records whose amounts were held against their rows.
  /// Not those that were as before: a re-scan that comes often leaves them to one of each day.
  bool amounts_of_news = false;
  /// Of these records, by the rows that the source showed: `price` and fen.
  std::vector<std::pair<std::string, std::int64_t>> sums{};

  /// Spans that could not be read whole in this run; not those that
  /// somebody has accepted.
  std::uint64_t unproven = 0;
  std::vector<TimeWindow> unproven_spans{};  ///< The first few.
  std::uint64_t gaps_open = 0;               ///< Of the stream, after the run.

  std::optional<Complete> complete{};
  /// Of `complete`, what another program said to have read, and no load has.
  std::vector<TimeWindow> imported{};
  std::optional<WallTime> complete_upto{};  ///< The end of it, as a moment.
  std::vector<Error> errors{};
  std::chrono::milliseconds elapsed{};
  std::vector<std::pair<Stage, SteadyTime::duration>> stages{};

  /// done; partial when windows failed, rows were rejected, a span was not proven, a day (or the
  /// whole) misses some or has amounts that are not the source's, but something is stored; the code
  /// of the first error else. A signal's code when stopped.
  [[nodiscard]] ExitCode exit_code(const Stop& stop) const;
  /// Why it is not done, in English, for records and alerts; empty if nothing is wrong.
  [[nodiscard]] std::string trouble() const;
};

/// What rows do not tell of a field, though sums need it: what an empty code says (UnknownCode).
[[nodiscard]] Message untold(const std::string& field);

/// For people; ends with a newline. `again` is the command line that redoes what failed.
[[nodiscard]] std::string summary_text(const LoadSummary& summary, Language language,
                                       std::string_view again);
/// One JSON line without its newline: `{"message_type":"summary","command":"load orders",…}`.
/// `command` if it is not called by its stream.
[[nodiscard]] std::string summary_json(const LoadSummary& summary, ExitCode code,
                                       const std::string& command = {});
/// The counts for the record of the run: a JSON object.
[[nodiscard]] std::string counts_json(const LoadSummary& summary);

}  // namespace tidemark::load
