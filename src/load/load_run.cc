#include "load/load_run.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/last_net.h"
#include "base/log.h"
#include "base/ulid.h"
#include "load/cell.h"
#include "load/load_check.h"
#include "load/page_batches.h"
#include "load/schema.h"
#include "load/table_statistics.h"
#include "load/timed_connection.h"

namespace tidemark::load {
namespace {

constexpr std::size_t examples_max = 20;
/// So many open gaps may a stream have. More are no few bad seconds: windows fail then as a whole.
constexpr std::size_t open_gaps_max = 100;

/// Whether one of `spans` holds all of it.
bool is_within(const TimeWindow& part, std::span<const TimeWindow> spans) {
  return without(part, spans).empty();
}

}  // namespace

CivilTime LoadRun::source_time(WallTime time) const {
  return local_time(time, environment_.extractor.utc_offset()).floor_to(0);
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
      RecordWriter::open(connect, tables, options_.dry_run, environment_.pause, environment_.clock);
  if (!writer) return fail(std::move(writer).error());
  writer_.emplace(std::move(*writer));
  Result<std::optional<Complete>> complete = scans_ ? scans_->complete() : writer_->complete();
  if (!complete) return fail(std::move(complete).error());
  known_ = *complete;
  Result<std::vector<Gap>> gaps = scans_ ? scans_->gaps() : writer_->gaps();
  if (!gaps) return fail(std::move(gaps).error());
  gaps_ = std::move(*gaps);
  if (known_)
    writer_->expect_known(
        {known_->from, std::min(known_->upto, source_now() - options_.usual_rescan)},
        spans_of(gaps_));
  return begin_writing();
}

Result<std::optional<Scan>> LoadRun::unfinished() {
  // Less than a day: what was read so long ago has changed meanwhile, and the daily run would take
  // up what yesterday's left. Counted from the last window that was finished: who gives way to
  // others now and then may need more than that.
  constexpr std::chrono::hours scan_lives{12};
  const WallTime since = environment_.clock.wall() - scan_lives;
  if (options_.restart) return std::nullopt;
  if (options_.mode == LoadMode::range) return scans_->unfinished(scan_.mode, scan_.range, since);
  if (options_.mode == LoadMode::full && !reach_.everything)
    return scans_->unfinished(scan_.mode, std::nullopt, since);
  return std::nullopt;
}

Result<void> LoadRun::leave_out_finished(std::vector<TimeWindow>& windows) {
  const Result<std::vector<FinishedWindow>> finished = scans_->finished_windows(scan_);
  if (!finished) return fail(finished.error());
  const WallTime now = environment_.clock.wall();
  for (const FinishedWindow& done : *finished) {
    if (std::erase(windows, done.window) == 0) continue;
    ++summary_.windows_resumed;
    summary_.resumed_age = std::max(
        summary_.resumed_age, std::chrono::floor<std::chrono::seconds>(now - done.finished_at));
  }
  return {};
}

/// What an earlier run could not prove is read once more, where this one does not read it anyway.
void LoadRun::add_open_gaps(std::vector<TimeWindow>& windows) const {
  if (options_.mode == LoadMode::rescan || reads_at_once(options_, reach_)) return;
  std::vector<TimeWindow> added;
  for (const Gap& gap : gaps_) {
    const bool wanted =
        options_.mode == LoadMode::incremental || is_within(gap.span, std::span(&plan_.range, 1));
    if (gap.open() && wanted && !is_within(gap.span, windows)) added.push_back(gap.span);
  }
  windows.insert(windows.begin(), added.begin(), added.end());
}

Result<std::vector<TimeWindow>> LoadRun::begin_scan() {
  // What is asked for names the scan, not where today cut it off.
  const WallTime now = environment_.clock.wall();
  scan_ = {.id = make_ulid(now, environment_.random),
           .mode = std::string(name(options_.mode)),
           .range = options_.mode == LoadMode::range ? options_.range : plan_.range,
           .started_at = now};
  bool goes_on = false;
  if (scans_) {
    Result<std::optional<Scan>> known = unfinished();
    if (!known) return fail(std::move(known).error());
    goes_on = known->has_value();
    if (goes_on) {
      scan_ = **known;
      if (options_.mode == LoadMode::full) plan_.range = scan_.range;
    } else if (Result<void> begun = scans_->begin(scan_); !begun) {
      return fail(std::move(begun).error());
    }
  }
  summary_.range = plan_.range;
  summary_.earlier = plan_.earlier;
  std::vector<TimeWindow> windows = plan_.windows(options_, reach_, source_now());
  if (goes_on)
    if (Result<void> left = leave_out_finished(windows); !left)
      return fail(std::move(left).error());
  add_open_gaps(windows);
  summary_.windows = windows.size() + summary_.windows_resumed;
  return windows;
}

std::optional<Result<WindowReading>> LoadRun::read_rows(const TimeWindow& window, ReadBy by) {
  PageBatches batches(
      [&](std::vector<Observed> batch) {
        return behind_->give([this, window, batch = std::move(batch)]() mutable {
          return write_batch(window, std::move(batch));
        });
      },
      stages_, progress_.rows);
  Result<WindowReading> reading = [&] {
    const StageTime fetching(stages_, Stage::fetch);
    if (by == ReadBy::creation) return environment_.extractor.read_created(window, batches);
    return environment_.extractor.read(
        reads_at_once(options_, reach_) ? std::nullopt : std::optional<TimeWindow>(window),
        batches);
  }();
  // What came before a failure is true as well.
  if (Result<void> flushed = batches.flush(); !flushed || batches.failed()) return std::nullopt;
  return reading;
}

bool LoadRun::read_window(const TimeWindow& window) {
  const CivilTime settled = source_now() - options_.margin;
  std::optional<Result<WindowReading>> read = read_rows(window, ReadBy::usual);
  if (!read) return false;
  Result<WindowReading>& reading = *read;
  if (!reading) return note_failure(window, std::move(reading).error());
  if (!note_unproven(window, *reading)) return true;
  // A first watermark stands for what was wanted from its beginning, without holes that no gap
  // names.
  const Proof proof{.window = {window.from, std::min(window.upto, settled)},
                    .founds = options_.mode != LoadMode::rescan && failed_windows() == 0,
                    .latest = source_now() + options_.margin,
                    .unproven = reading->unproven,
                    .unchecked = compares_windows()};
  if (options_.mode != LoadMode::picked) listed_ = reading->listed;
  return behind_
      ->give([this, window, proof, read = *reading] { return finish_window(window, proof, read); })
      .has_value();
}

bool LoadRun::note_unproven(const TimeWindow& window, const WindowReading& reading) {
  const std::vector<TimeWindow>& unproven = reading.unproven;
  if (unproven.empty()) return true;
  std::vector<TimeWindow> accepted, open, disputed = spans_of(gaps_, GapKind::disputed);
  for (const Gap& gap : gaps_)
    if (gap.kind == GapKind::disputed) (gap.open() ? open : accepted).push_back(gap.span);
  std::vector<TimeWindow> told;
  std::size_t fresh = 0;
  for (const TimeWindow& span : unproven) {
    // Whole days are read where a gap is a part of one.
    const TimeWindow inside = common(span, window);
    if (is_within(inside, accepted)) continue;
    told.push_back(span);
    if (!is_within(inside, open)) ++fresh;
  }
  // A few bad seconds are gaps. Where nothing agrees, or there are too many of them, it is the
  // source's count that is wrong, and the watermark must not pass.
  const bool nothing_proven =
      !reading.too_long && is_within(window, unproven) && !is_within(window, disputed);
  if (nothing_proven || (fresh > 0 && open.size() + new_gaps_ + fresh > open_gaps_max)) {
    static_cast<void>(note_failure(
        window,
        make_error(ErrorKind::corrupt,
                   {"the shop's pages and its own count never agreed for {}; it has {} such "
                    "gaps already",
                    "{} 的分页与店铺总数始终不一致；此类未核实时间段已有 {} 个"},
                   unproven.front().from.text(), open.size() + new_gaps_)));
    return false;
  }
  new_gaps_ += fresh;
  const std::lock_guard lock(mutex_);
  summary_.unproven += told.size();
  for (const TimeWindow& span : told)
    if (summary_.unproven_spans.size() < examples_max) summary_.unproven_spans.push_back(span);
  return true;
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

Result<void> LoadRun::reconnect() {
  Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
  if (!connection) return fail(std::move(connection).error());
  scans_.reset();
  connection_ = std::move(*connection);
  scans_.emplace(*connection_, environment_.tables.platform(),
                 std::string(name(environment_.tables.kind())));
  return {};
}

Result<void> LoadRun::finish_window(const TimeWindow& window, const Proof& proof,
                                    const WindowReading& reading) {
  failed_window_ = window;
  if (scans_ && options_.mode != LoadMode::picked) {
    const auto note = [&] {
      return scans_->finish_window(scan_, window, reading.records, proof,
                                   environment_.clock.wall());
    };
    Result<void> noted = note();
    if (!noted && noted.error().kind == ErrorKind::unreachable) {
      if (Result<void> again = reconnect(); !again) return again;
      noted = note();
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
  summary_.same_moment += outcome.same_moment;
  summary_.redated += outcome.redated;
  summary_.rejected += outcome.rejected.size();
  summary_.accepted += outcome.accepted;
  for (const Message& reject : outcome.rejected)
    if (summary_.rejects.size() < examples_max) summary_.rejects.push_back(reject);
  for (const UnknownCode& code : outcome.unknown_codes) summary_.unknown_codes.add(code);
  // What is picked, the orders of a file, no re-scan reads.
  for (const ChangedRecord& changed : outcome.changed)
    if (options_.mode != LoadMode::picked && changed.watched && changed.created_at &&
        changed.seen_at - *changed.created_at > options_.usual_rescan)
      count_missed(changed);
  for (const ChangedRecord& late : outcome.late) count_missed(late);
  progress_.errors = summary_.rejected + summary_.windows_failed;
}

void LoadRun::count_missed(const ChangedRecord& record) {
  ++summary_.missed_by_rescan;
  if (summary_.missed_orders.size() < examples_max) summary_.missed_orders.push_back(record.id);
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

bool LoadRun::compares_windows() const { return !reads_at_once(options_, reach_); }

Result<void> LoadRun::read_created(const TimeWindow& days) {
  if (Result<void> begun = begin_writing(); !begun) return begun;
  std::optional<Result<WindowReading>> reading = read_rows(days, ReadBy::creation);
  if (Result<void> written = behind_->finish(); !written) return written;
  check(reading.has_value(), "what is not taken has failed");
  if (!*reading) return fail(std::move(*reading).error());
  summary_.pages += (*reading)->pages;
  summary_.rereads += (*reading)->rereads;
  return {};
}

Result<void> LoadRun::begin_writing() {
  return with_last_net([this]() -> Result<void> {
    behind_.emplace();
    return {};
  });
}

void LoadRun::refresh_statistics() {
  if (!scans_ || summary_.stopped) return;
  const std::array<std::string_view, 3> tables = {table_name(environment_.tables.kind()),
                                                  raw_records_table().name, raw_seen_table().name};
  if (const Result<void> done = load::refresh_statistics(*connection_, tables); !done)
    log_line(LogLevel::warning, done.error().what.en);
}

/// What was read is in the warehouse; whether it is as much as the source counts is asked once
/// more. Windows that failed leave the others to be compared; so does a run that was stopped, whose
/// windows the next one compares.
void LoadRun::check_days() {
  if (!scans_ || summary_.stopped || (!compares_windows() && !listed_)) return;
  const bool source_answers = std::ranges::all_of(
      summary_.errors, [](const Error& error) { return error.kind == ErrorKind::corrupt; });
  if (!source_answers) return;
  LoadCheck check({.connection = *connection_,
                   .tables = environment_.tables,
                   .extractor = environment_.extractor,
                   .scans = *scans_,
                   .stop = environment_.stop,
                   .stages = stages_,
                   .read_created = [this](const TimeWindow& days) { return read_created(days); }},
                  {.scan = scan_,
                   .mode = options_.mode,
                   .range = plan_.range,
                   .settled = source_time(scan_.started_at) - options_.margin,
                   .whole = summary_.errors.empty(),
                   .usual_rescan = options_.usual_rescan,
                   .listed = listed_},
                  summary_);
  Result<void> checked = check.run();
  if (checked) return;
  if (checked.error().kind == ErrorKind::cancelled && environment_.stop.requested())
    summary_.stopped = true;
  else
    summary_.errors.push_back(std::move(checked).error().within({"the check", "核对"}));
}

/// Windows of a time before the watermark do not adjoin it one by one, nor do those behind one that
/// failed in an earlier try and was read now; all together they may.
Result<void> LoadRun::extend_watermark() {
  if (!scans_ || summary_.stopped || !summary_.errors.empty() || reads_at_once(options_, reach_))
    return {};
  // A window that had not settled when the scan began proves less than itself.
  const CivilTime settled = source_time(scan_.started_at) - options_.margin;
  return scans_->extend_complete(
      {.window = {plan_.range.from, std::min(plan_.range.upto, settled)}});
}

Result<void> LoadRun::finish() {
  if (!scans_) return {};
  if (!summary_.stopped && summary_.errors.empty()) {
    const bool any_range = options_.mode != LoadMode::range;
    if (Result<void> ended = scans_->end(scan_, any_range, environment_.clock.wall()); !ended)
      return ended;
  }
  Result<std::optional<Complete>> complete = scans_->complete();
  if (!complete) return fail(std::move(complete).error());
  summary_.complete = *complete;
  if (*complete)
    summary_.complete_upto =
        WallTime((*complete)->upto.time().time_since_epoch() - environment_.extractor.utc_offset());
  const Result<std::vector<Gap>> gaps = scans_->gaps();
  if (!gaps) return fail(gaps.error());
  summary_.imported = spans_of(*gaps, GapKind::imported);
  summary_.gaps_open = static_cast<std::uint64_t>(
      std::ranges::count_if(*gaps, [](const Gap& gap) { return gap.open(); }));
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
  const Result<LoadPlan> plan = LoadPlan::make(options_, reach_, known_, source_now());
  if (!plan) return fail(plan.error());
  plan_ = *plan;
  const Result<std::vector<TimeWindow>> windows = begin_scan();
  if (!windows) return fail(windows.error());
  progress_.windows_total = windows->size();
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
  if (Result<void> extended = extend_watermark(); !extended)
    summary_.errors.push_back(extended.error());
  refresh_statistics();
  check_days();
  if (Result<void> finished = finish(); !finished) summary_.errors.push_back(finished.error());
  for (const Stage stage : stages) summary_.stages.emplace_back(stage, stages_.spent(stage));
  summary_.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(environment_.clock.steady() - start);
  return std::move(summary_);
}

}  // namespace tidemark::load
