#include "load/load_run.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/ulid.h"
#include "load/schema.h"

namespace tidemark::load {
namespace {

/// Rows of one transaction. More make it no faster, and each waits in memory.
constexpr std::size_t batch_rows_max = 2000;
constexpr std::size_t examples_max = 20;

/// Gathers pages into batches and gives them to the writer.
class Batches final : public PageSink {
 public:
  Batches(OrderWriter& writer, std::string_view scan_id,
          std::function<void(const BatchOutcome&)> count, LoadProgress& progress)
      : writer_(writer), scan_id_(scan_id), count_(std::move(count)), progress_(progress) {}

  Result<void> take(Page page) override {
    progress_.rows += page.records.size();
    for (RawRecord& record : page.records)
      rows_.push_back(
          observed_row(std::move(record.id), std::move(record.payload), page.observed_at));
    return rows_.size() < batch_rows_max ? Result<void>{} : flush();
  }

  Result<void> flush() {
    if (rows_.empty()) return {};
    Result<BatchOutcome> outcome = writer_.write(std::exchange(rows_, {}), scan_id_);
    if (!outcome) {
      failed_ = true;
      return fail(std::move(outcome).error());
    }
    count_(*outcome);
    return {};
  }

  /// It was the warehouse that failed.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  OrderWriter& writer_;
  const std::string_view scan_id_;
  const std::function<void(const BatchOutcome&)> count_;
  LoadProgress& progress_;
  std::vector<Observed> rows_;
  bool failed_ = false;
};

}  // namespace

std::string_view name(LoadMode mode) {
  switch (mode) {
    case LoadMode::range:
      return "range";
    case LoadMode::incremental:
      return "incremental";
    case LoadMode::rescan:
      return "rescan";
  }
  return "range";
}

CivilTime LoadRun::source_now() const {
  const auto now = std::chrono::floor<std::chrono::seconds>(environment_.clock.wall());
  return CivilTime(std::chrono::local_time<std::chrono::microseconds>(
      now.time_since_epoch() + environment_.extractor.utc_offset()));
}

Result<void> LoadRun::open() {
  const Extractor& extractor = environment_.extractor;
  const std::string platform(extractor.platform()), stream(extractor.stream());
  if (!options_.dry_run) {
    Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
    if (!connection) return fail(std::move(connection).error());
    connection_ = std::move(*connection);
    if (Result<void> migrated = migrate_warehouse(*connection_); !migrated) return migrated;
    scans_.emplace(*connection_, platform, stream);
    if (Result<void> known = scans_->register_stream(); !known) return known;
  }
  Result<OrderWriter> writer = OrderWriter::open(environment_.connect,
                                                 {.platform = platform,
                                                  .stream = stream,
                                                  .utc_offset = extractor.utc_offset(),
                                                  .transform = &environment_.transform},
                                                 options_.dry_run, environment_.pause);
  if (!writer) return fail(std::move(writer).error());
  writer_.emplace(std::move(*writer));
  return {};
}

Result<TimeWindow> LoadRun::range() {
  const CivilTime now = source_now();
  if (options_.mode == LoadMode::range)
    return TimeWindow{options_.range.from, std::min(options_.range.upto, now)};
  if (options_.mode == LoadMode::rescan) return TimeWindow{now - options_.rescan, now};
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

Result<std::vector<TimeWindow>> LoadRun::begin_scan(const TimeWindow& range) {
  std::vector<TimeWindow> windows = tiled(range, environment_.extractor.window_max());
  summary_.windows = windows.size();
  // What is asked for names the scan, not where today cut it off.
  scan_ = {.id = make_ulid(environment_.clock.wall(), environment_.random),
           .mode = std::string(name(options_.mode)),
           .range = options_.mode == LoadMode::range ? options_.range : range};
  if (!scans_) return windows;
  if (options_.mode == LoadMode::range && !options_.restart) {
    Result<std::optional<Scan>> unfinished = scans_->unfinished(scan_.mode, scan_.range);
    if (!unfinished) return fail(std::move(unfinished).error());
    if (*unfinished) {
      scan_ = **unfinished;
      const Result<std::vector<TimeWindow>> finished = scans_->finished_windows(scan_);
      if (!finished) return fail(finished.error());
      std::erase_if(windows, [&](const TimeWindow& window) {
        return std::ranges::find(*finished, window) != finished->end();
      });
      summary_.windows_resumed = summary_.windows - windows.size();
      return windows;
    }
  }
  if (Result<void> begun = scans_->begin(scan_, environment_.clock.wall()); !begun)
    return fail(std::move(begun).error());
  return windows;
}

Result<void> LoadRun::read_window(const TimeWindow& window) {
  const CivilTime settled = source_now() - options_.margin;
  Batches batches(
      *writer_, scan_.id, [this](const BatchOutcome& outcome) { count(outcome); }, progress_);
  const Result<WindowReading> reading = environment_.extractor.read(window, batches);
  if (!reading) {
    // What came before the failure is true as well.
    if (!batches.failed())
      if (Result<void> flushed = batches.flush(); !flushed) return flushed;
    return fail(reading.error());
  }
  if (Result<void> flushed = batches.flush(); !flushed) return flushed;
  summary_.pages += reading->pages;
  summary_.rereads += reading->rereads;
  if (scans_) {
    if (Result<void> finished =
            scans_->finish_window(scan_, window, reading->records, environment_.clock.wall());
        !finished)
      return finished;
    const TimeWindow proven{window.from, std::min(window.upto, settled)};
    // A first watermark stands for what was wanted from its beginning, without holes.
    const bool first = options_.mode != LoadMode::rescan && summary_.windows_failed == 0;
    if (Result<void> moved = scans_->extend_complete(proven, first); !moved) return moved;
  }
  ++summary_.windows_finished;
  ++progress_.windows;
  return {};
}

void LoadRun::count(const BatchOutcome& outcome) {
  summary_.rows += outcome.rows;
  summary_.inserted += outcome.inserted;
  summary_.changed += outcome.changed.size();
  summary_.unchanged += outcome.unchanged;
  summary_.older += outcome.older;
  summary_.rejected += outcome.rejected.size();
  for (const std::string& reject : outcome.rejected)
    if (summary_.rejects.size() < examples_max) summary_.rejects.push_back(reject);
  for (const UnknownCode& code : outcome.unknown_codes) ++summary_.unknown_codes[code];
  for (const ChangedOrder& changed : outcome.changed) {
    if (!changed.state_changed || changed.seen_at - changed.created_at <= options_.usual_rescan)
      continue;
    ++summary_.missed_by_rescan;
    if (summary_.missed_orders.size() < examples_max)
      summary_.missed_orders.push_back(changed.order_id);
  }
  progress_.errors = summary_.rejected + summary_.windows_failed;
}

bool LoadRun::note_failure(const TimeWindow& window, Error error) {
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
  summary_.platform = environment_.extractor.platform();
  summary_.stream = environment_.extractor.stream();
  summary_.mode = name(options_.mode);
  summary_.dry_run = options_.dry_run;
  summary_.usual_rescan = options_.usual_rescan;
  if (Result<void> opened = open(); !opened) return fail(std::move(opened).error());
  const Result<TimeWindow> wanted = range();
  if (!wanted) return fail(wanted.error());
  summary_.range = *wanted;
  const Result<std::vector<TimeWindow>> windows = begin_scan(*wanted);
  if (!windows) return fail(windows.error());
  progress_.windows_total = windows->size();
  for (const TimeWindow& window : *windows) {
    if (environment_.stop.requested()) summary_.stopped = true;
    if (summary_.stopped) break;
    Result<void> read = read_window(window);
    if (!read && !note_failure(window, std::move(read).error())) break;
  }
  if (Result<void> finished = finish(); !finished) summary_.errors.push_back(finished.error());
  summary_.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(environment_.clock.steady() - start);
  return std::move(summary_);
}

}  // namespace tidemark::load
