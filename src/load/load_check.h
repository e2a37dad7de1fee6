#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "load/amount_check.h"
#include "load/day_check.h"
#include "load/extractor.h"
#include "load/load_options.h"
#include "load/load_summary.h"
#include "load/scan_store.h"
#include "load/stage_clock.h"
#include "load/stream_tables.h"
#include "sql/connection.h"

namespace tidemark::load {

/// The end of a load: holds what scans have brought into the warehouse against the source, by
/// counts and by amounts, and says in the summary what is off. A load looks after all windows that
/// nobody has compared yet, its own and those of loads that were cut off before; a re-scan, which
/// comes often and is to be quick, after its own.
///
/// Records are counted by day of creation. Where a scan asks for that, the days are those of its
/// windows. Where it asks for times of change, records of any day may come, so what counts is that
/// the warehouse has as many, whichever scan has read them: of the days of its windows, and each
/// time of the last ones as well, as far back as the usual re-scan goes. Days of which it has not
/// are read by creation, which brings what is missing, and then compared as those of a scan are.
/// That can only be done for a time from which everything has been read up to the present.
class LoadCheck {
 public:
  struct Environment {
    sql::Connection& connection;
    const StreamTables& tables;
    Extractor& extractor;
    ScanStore& scans;
    const Stop& stop;
    StageClock& stages;
    /// Reads what was created in whole days, where a scan asks for times of change: also what was
    /// changed before the scan got there, and so was in none of its windows.
    std::function<Result<void>(const TimeWindow& days)> read_created{};
  };
  /// The scan that was just read.
  struct Reading {
    const Scan& scan;
    LoadMode mode;
    TimeWindow range;   ///< What was to be read.
    CivilTime settled;  ///< What came later may still have moved while it was read.
    bool whole;         ///< Nothing of it failed.
    std::chrono::seconds usual_rescan{};
    std::optional<std::uint64_t> listed{};  ///< See WindowReading.
  };

  /// All must outlive it.
  LoadCheck(Environment environment, const Reading& reading, LoadSummary& summary)
      : environment_(std::move(environment)), reading_(reading), summary_(summary) {}

  /// Once. What was compared is noted window by window (of times of change: all at the end): after
  /// an error the next load goes on with the others. Errors: those of Environment::read_created and
  /// those of DayCheck::check(), AmountCheck::check() and ScanStore.
  [[nodiscard]] Result<void> run();

 private:
  [[nodiscard]] Result<AmountScope> amount_scope();
  /// Everything that was read at once.
  [[nodiscard]] Result<void> compare_total(std::uint64_t listed);
  [[nodiscard]] Result<void> compare_changed(std::vector<UncheckedWindow> unchecked);
  /// The days of which everything has been read up to the present; empty if there are none.
  [[nodiscard]] Result<TimeWindow> complete_days();
  /// The days of a range that had ended when it was read: all of what was created then was there.
  [[nodiscard]] TimeWindow ended_days(const TimeWindow& range, WallTime scan_started_at) const;
  [[nodiscard]] Result<void> compare(std::span<const UncheckedWindow> unchecked);
  [[nodiscard]] Result<void> compare_range(const TimeWindow& range, WallTime since);
  [[nodiscard]] Result<DayCheckResult> compare_counts(const TimeWindow& range, WallTime since,
                                                      DaySteps steps);
  [[nodiscard]] Result<void> compare_kept(const TimeWindow& range);
  [[nodiscard]] DayCheck day_check(WallTime since) const;
  void note_days(const DayCheckResult& checked);
  [[nodiscard]] Result<void> compare_amounts(const std::optional<TimeWindow>& range, WallTime since,
                                             AmountScope scope);
  /// Whether that was all that the scan has read: another load may have compared a part of it.
  [[nodiscard]] Result<bool> compared_all();
  void tell(std::vector<Message> differences);

  Environment environment_;
  const Reading reading_;
  LoadSummary& summary_;
  AmountScope scope_ = AmountScope::all;
  std::vector<TimeWindow> disputed_;  ///< Known not to agree.
  std::vector<TimeWindow> compared_;
  // Days that were compared and that differ. Two scans may have read a part of a day each: that is
  // one day.
  DayCheckResult days_;
  std::set<std::string> days_off_;
};

}  // namespace tidemark::load
