#include "load/load_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/last_net.h"
#include "base/ulid.h"
#include "load/day_check.h"
#include "load/page_batches.h"
#include "load/schema.h"
#include "load/timed_connection.h"

namespace tidemark::load {
namespace {

constexpr std::size_t examples_max = 20;

}  // namespace

std::string_view name(LoadMode mode) {
  switch (mode) {
    case LoadMode::range:
      return "range";
    case LoadMode::incremental:
      return "incremental";
    case LoadMode::rescan:
      return "rescan";
    case LoadMode::full:
      return "full";
    case LoadMode::picked:
      return "picked";
  }
  return "range";
}

CivilTime LoadRun::source_now() const {
  const auto now = std::chrono::floor<std::chrono::seconds>(environment_.clock.wall());
  return CivilTime(std::chrono::local_time<std::chrono::microseconds>(
      now.time_since_epoch() + environment_.extractor.utc_offset()));
}

Result<void> LoadRun::open() {
  const StreamTables& tables = environment_.tables;
  if (!options_.dry_run) {
    Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
    if (!connection) return fail(std::move(connection).error());
    connection_ = std::move(*connection);
    if (Result<void> migrated = migrate_warehouse(*connection_); !migrated) return migrated;
    scans_.emplace(*connection_, tables.platform(), std::string(name(tables.kind())));
    if (Result<void> known = scans_->register_stream(); !known) return known;
  }
  const ConnectWarehouse connect = [this]() -> Result<std::unique_ptr<sql::Connection>> {
    Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
    if (!connection) return connection;
    return timed(std::move(*connection), stages_);
  };
  Result<RecordWriter> writer =
      RecordWriter::open(connect, tables, options_.dry_run, environment_.pause);
  if (!writer) return fail(std::move(writer).error());
  writer_.emplace(std::move(*writer));
  return with_last_net([this]() -> Result<void> {
    behind_.emplace();
    return {};
  });
}

Result<TimeWindow> LoadRun::range() {
  const CivilTime now = source_now();
  switch (options_.mode) {
    case LoadMode::range:
      return TimeWindow{options_.range.from, std::min(options_.range.upto, now)};
    case LoadMode::rescan:
      return TimeWindow{now - options_.rescan, now};
    case LoadMode::full:
      return TimeWindow{reach_.earliest, now};
    case LoadMode::picked:
      return TimeWindow{now, now};
    case LoadMode::incremental:
      break;
  }
  Result<std::optional<Complete>> complete = std::optional<Complete>();
  if (scans_)
    complete = scans_->complete();
  else
    complete = writer_->complete();
  if (!complete) return fail(std::move(complete).error());
  const CivilTime from =
      *complete ? (*complete)->upto + std::chrono::seconds(1) : options_.history_start;
  return TimeWindow{from, now};
}

bool LoadRun::reads_at_once() const {
  return options_.mode == LoadMode::picked ||
         (options_.mode == LoadMode::full && reach_.everything);
}

std::vector<TimeWindow> LoadRun::windows_of(const TimeWindow& range) const {
  if (reads_at_once()) return {range};
  // What has settled is read apart from what may still come: a total that new records hold up would
  // hide that others are gone, and that the pages behind have moved.
  const CivilTime settled = source_now() - options_.margin;
  if (reach_.whole_days || settled < range.from || settled >= range.upto)
    return tiled(range, reach_.window_max);
  std::vector<TimeWindow> windows = tiled({range.from, settled}, reach_.window_max);
  std::ranges::move(tiled({settled + std::chrono::seconds(1), range.upto}, reach_.window_max),
                    std::back_inserter(windows));
  return windows;
}

Result<std::optional<Scan>> LoadRun::unfinished() {
  // Less than a day, or the daily run would take up what yesterday's left. Counted from the last
  // window that was finished: who gives way to others now and then may need more than that.
  constexpr std::chrono::hours full_scan_lives{12};
  if (options_.restart) return std::nullopt;
  if (options_.mode == LoadMode::range) return scans_->unfinished(scan_.mode, scan_.range);
  if (options_.mode == LoadMode::full && !reach_.everything)
    return scans_->unfinished_since(scan_.mode, environment_.clock.wall() - full_scan_lives);
  return std::nullopt;
}

Result<std::vector<TimeWindow>> LoadRun::begin_scan(const TimeWindow& range) {
  // What is asked for names the scan, not where today cut it off.
  scan_ = {.id = make_ulid(environment_.clock.wall(), environment_.random),
           .mode = std::string(name(options_.mode)),
           .range = options_.mode == LoadMode::range ? options_.range : range};
  summary_.range = range;
  if (scans_) {
    Result<std::optional<Scan>> known = unfinished();
    if (!known) return fail(std::move(known).error());
    if (*known) {
      scan_ = **known;
      if (options_.mode == LoadMode::full) summary_.range = scan_.range;
      std::vector<TimeWindow> windows = windows_of(summary_.range);
      summary_.windows = windows.size();
      const Result<std::vector<TimeWindow>> finished = scans_->finished_windows(scan_);
      if (!finished) return fail(finished.error());
      std::erase_if(windows, [&](const TimeWindow& window) {
        return std::ranges::find(*finished, window) != finished->end();
      });
      summary_.windows_resumed = summary_.windows - windows.size();
      return windows;
    }
    if (Result<void> begun = scans_->begin(scan_, environment_.clock.wall()); !begun)
      return fail(std::move(begun).error());
  }
  std::vector<TimeWindow> windows = windows_of(range);
  summary_.windows = windows.size();
  return windows;
}

bool LoadRun::read_window(const TimeWindow& window) {
  const CivilTime settled = source_now() - options_.margin;
  PageBatches batches(
      [&](std::vector<Observed> batch) {
        return behind_->give([this, window, batch = std::move(batch)]() mutable {
          return write_batch(window, std::move(batch));
        });
      },
      stages_, progress_.rows);
  Result<WindowReading> reading = [&] {
    const StageTime fetching(stages_, Stage::fetch);
    return environment_.extractor.read(
        reads_at_once() ? std::nullopt : std::optional<TimeWindow>(window), batches);
  }();
  // What came before a failure is true as well.
  if (Result<void> flushed = batches.flush(); !flushed || batches.failed()) return false;
  if (!reading) return note_failure(window, std::move(reading).error());
  // A first watermark stands for what was wanted from its beginning, without holes.
  const bool first = options_.mode != LoadMode::rescan && failed_windows() == 0;
  const TimeWindow proven{window.from, std::min(window.upto, settled)};
  return behind_
      ->give([this, window, proven, first, read = *reading] {
        return finish_window(window, proven, first, read);
      })
      .has_value();
}

Result<void> LoadRun::write_batch(const TimeWindow& window, std::vector<Observed> batch) {
  const StageTime writing(stages_, Stage::transform);
  const Result<BatchOutcome> outcome = writer_->write(std::move(batch), scan_.id);
  if (!outcome) {
    failed_window_ = window;
    return fail(outcome.error());
  }
  count(*outcome);
  return {};
}

Result<void> LoadRun::note_window(const TimeWindow& window, const TimeWindow& proven, bool first,
                                  std::uint64_t records) {
  if (Result<void> finished =
          scans_->finish_window(scan_, window, records, environment_.clock.wall());
      !finished)
    return finished;
  return scans_->extend_complete(proven, first);
}

Result<void> LoadRun::reconnect() {
  Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
  if (!connection) return fail(std::move(connection).error());
  scans_.reset();
  connection_ = std::move(*connection);
  scans_.emplace(*connection_, environment_.tables.platform(),
                 std::string(name(environment_.tables.kind())));
  return {};
}

Result<void> LoadRun::finish_window(const TimeWindow& window, const TimeWindow& proven, bool first,
                                    const WindowReading& reading) {
  failed_window_ = window;
  if (scans_ && options_.mode != LoadMode::picked) {
    Result<void> noted = note_window(window, proven, first, reading.records);
    if (!noted && noted.error().kind == ErrorKind::unreachable) {
      if (Result<void> again = reconnect(); !again) return again;
      noted = note_window(window, proven, first, reading.records);
    }
    if (!noted) return noted;
  }
  const std::lock_guard lock(mutex_);
  summary_.pages += reading.pages;
  summary_.rereads += reading.rereads;
  ++summary_.windows_finished;
  ++progress_.windows;
  return {};
}

std::uint64_t LoadRun::failed_windows() {
  const std::lock_guard lock(mutex_);
  return summary_.windows_failed;
}

void LoadRun::count(const BatchOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  summary_.rows += outcome.rows;
  summary_.inserted += outcome.inserted;
  summary_.changed += outcome.changed.size();
  summary_.unchanged += outcome.unchanged;
  summary_.older += outcome.older;
  summary_.rejected += outcome.rejected.size();
  for (const Message& reject : outcome.rejected)
    if (summary_.rejects.size() < examples_max) summary_.rejects.push_back(reject);
  for (const UnknownCode& code : outcome.unknown_codes) ++summary_.unknown_codes[code];
  for (const ChangedRecord& changed : outcome.changed) {
    if (!changed.watched || !changed.created_at ||
        changed.seen_at - *changed.created_at <= options_.usual_rescan)
      continue;
    ++summary_.missed_by_rescan;
    if (summary_.missed_orders.size() < examples_max) summary_.missed_orders.push_back(changed.id);
  }
  progress_.errors = summary_.rejected + summary_.windows_failed;
}

bool LoadRun::note_failure(const TimeWindow& window, Error error) {
  const std::lock_guard lock(mutex_);
  if (error.kind == ErrorKind::cancelled && environment_.stop.requested()) {
    summary_.stopped = true;
    return false;
  }
  const bool only_here = error.kind == ErrorKind::corrupt;
  ++summary_.windows_failed;
  progress_.errors = summary_.rejected + summary_.windows_failed;
  summary_.errors.push_back(
      std::move(error).within({"{} to {}", "{} 至 {}"}, window.from.text(), window.upto.text()));
  return only_here;
}

/// What was read is in the warehouse; whether it is as much as the source counts is asked once
/// more.
void LoadRun::check_days(const TimeWindow& range) {
  if (!scans_ || summary_.stopped || !summary_.errors.empty()) return;
  if (reach_.time != WindowTime::created || reads_at_once()) return;
  const TimeWindow settled{range.from, std::min(range.upto, settled_)};
  Result<DayCheckResult> checked =
      DayCheck(*connection_, environment_.tables, environment_.extractor).check(settled);
  if (!checked) {
    if (checked.error().kind == ErrorKind::cancelled && environment_.stop.requested())
      summary_.stopped = true;
    else
      summary_.errors.push_back(std::move(checked).error().within({"the check", "核对"}));
    return;
  }
  summary_.days_checked = checked->days;
  summary_.days_missing = checked->missing;
  summary_.days_surplus = checked->surplus;
  summary_.day_differences = std::move(checked->differences);
}

Result<void> LoadRun::finish() {
  if (!scans_) return {};
  if (!summary_.stopped && summary_.errors.empty())
    if (Result<void> ended = scans_->end(scan_, environment_.clock.wall()); !ended) return ended;
  Result<std::optional<Complete>> complete = scans_->complete();
  if (!complete) return fail(std::move(complete).error());
  summary_.complete = *complete;
  return {};
}

Result<LoadSummary> LoadRun::run() {
  const SteadyTime start = environment_.clock.steady();
  summary_.platform = environment_.tables.platform();
  summary_.stream = environment_.tables.kind();
  summary_.time = reach_.time;
  summary_.mode = name(options_.mode);
  summary_.dry_run = options_.dry_run;
  summary_.usual_rescan = options_.usual_rescan;
  if (Result<void> opened = open(); !opened) return fail(std::move(opened).error());
  const Result<TimeWindow> wanted = range();
  if (!wanted) return fail(wanted.error());
  const Result<std::vector<TimeWindow>> windows = begin_scan(*wanted);
  if (!windows) return fail(windows.error());
  progress_.windows_total = windows->size();
  settled_ = source_now() - options_.margin;
  for (const TimeWindow& window : *windows) {
    if (environment_.stop.requested()) {
      const std::lock_guard lock(mutex_);
      summary_.stopped = true;
      break;
    }
    if (!read_window(window)) break;
  }
  if (Result<void> written = behind_->finish(); !written)
    static_cast<void>(note_failure(failed_window_, std::move(written).error()));
  check_days(summary_.range);
  if (Result<void> finished = finish(); !finished) summary_.errors.push_back(finished.error());
  for (const Stage stage : stages) summary_.stages.emplace_back(stage, stages_.spent(stage));
  summary_.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(environment_.clock.steady() - start);
  return std::move(summary_);
}

}  // namespace tidemark::load
