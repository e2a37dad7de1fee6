#include "load/load_check.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace tidemark::load {
namespace {

constexpr std::size_t examples_max = 20;
constexpr std::chrono::seconds second{1};

/// The first windows: those of one scan that adjoin.
std::span<const UncheckedWindow> one_range(std::span<const UncheckedWindow> windows) {
  std::size_t length = 1;
  while (length < windows.size() && windows[length].scan_id == windows.front().scan_id &&
         windows[length].window.from == windows[length - 1].window.upto + second)
    ++length;
  return windows.first(length);
}

}  // namespace

Result<void> LoadCheck::run() {
  if (reading_.listed) return compare_total(*reading_.listed);
  Result<std::vector<UncheckedWindow>> unchecked = environment_.scans.unchecked();
  if (!unchecked) return fail(std::move(unchecked).error());
  const bool rescan = reading_.mode == LoadMode::rescan;
  if (rescan)
    std::erase_if(*unchecked,
                  [&](const UncheckedWindow& one) { return one.scan_id != reading_.scan.id; });
  const Result<std::vector<Gap>> gaps = environment_.scans.gaps();
  if (!gaps) return fail(gaps.error());
  disputed_ = spans_of(*gaps, GapKind::disputed);
  if (environment_.extractor.reach().time == WindowTime::changed)
    return compare_changed(*unchecked);

  const Result<AmountScope> scope = amount_scope();
  if (!scope) return fail(scope.error());
  scope_ = *scope;
  if (Result<void> done = compare(*unchecked); !done) return done;

  const bool all_amounts = rescan && scope_ == AmountScope::all && reading_.whole &&
                           summary_.days_off == 0 && !environment_.tables.amounts().empty();
  if (!all_amounts) return {};
  const Result<bool> all_windows = compared_all();
  if (!all_windows) return fail(all_windows.error());
  if (!*all_windows) return {};
  return environment_.scans.note_amounts_compared(
      {.from = reading_.range.from, .at = reading_.scan.started_at});
}

Result<AmountScope> LoadCheck::amount_scope() {
  // Each row that is compared is read again from the raw layer. A re-scan comes every hour, and
  // nearly all of its rows are as before: one of each day compares them all, and the next ones too
  // until none is off. Less than a day, so that the time at which the daily one comes may vary.
  constexpr std::chrono::hours whole_every{23};
  if (reading_.mode != LoadMode::rescan) return AmountScope::all;
  const Result<std::optional<AmountsCompared>> last = environment_.scans.amounts_compared();
  if (!last) return fail(last.error());
  const WallTime now = reading_.scan.started_at;
  const bool covers = *last && (*last)->from <= reading_.range.from;
  const bool lately = *last && (*last)->at <= now && (*last)->at > now - whole_every;
  return covers && lately ? AmountScope::news : AmountScope::all;
}

Result<void> LoadCheck::compare(std::span<const UncheckedWindow> unchecked) {
  // What several scans have read is compared once, with what the newest of them, the first, has
  // read.
  while (!unchecked.empty()) {
    const std::span<const UncheckedWindow> windows = one_range(unchecked);
    TimeWindow range{windows.front().window.from, windows.back().window.upto};
    if (environment_.extractor.reach().whole_days)
      range = ended_days(range, windows.front().scan_started_at);
    for (const TimeWindow& part : without(range, compared_))
      if (Result<void> done = compare_range(part, windows.front().scan_started_at); !done)
        return done;
    compared_.push_back(range);
    // Whoever finds one that is off: the next re-scan compares them all.
    if (!days_off_.empty())
      if (Result<void> done = environment_.scans.forget_amounts_compared(); !done) return done;
    if (Result<void> done = environment_.scans.note_checked(windows); !done) return done;
    unchecked = unchecked.subspan(windows.size());
  }
  return {};
}

TimeWindow LoadCheck::ended_days(const TimeWindow& range, WallTime scan_started_at) const {
  const CivilTime settled =
      reading_.settled - std::chrono::duration_cast<std::chrono::microseconds>(
                             reading_.scan.started_at - scan_started_at);
  const TimeWindow days = whole_days(range);
  return {days.from, std::min(days.upto, start_of_day(settled + second) - second)};
}

Result<TimeWindow> LoadCheck::complete_days() {
  const TimeWindow nothing{CivilTime() + second, CivilTime()};
  const Result<std::optional<Complete>> complete = environment_.scans.complete();
  if (!complete) return fail(complete.error());
  if (!*complete || (*complete)->upto < reading_.settled) return nothing;
  const Result<std::vector<Gap>> gaps = environment_.scans.gaps();
  if (!gaps) return fail(gaps.error());
  CivilTime from = (*complete)->from;
  // What another program is said to have read need not be here.
  for (const TimeWindow& imported : spans_of(*gaps, GapKind::imported))
    from = std::max(from, end_of_day(imported.upto) + second);
  return ended_days({from, reading_.settled}, reading_.scan.started_at);
}

Result<void> LoadCheck::compare_changed(std::vector<UncheckedWindow> unchecked) {
  const Result<TimeWindow> complete = complete_days();
  if (!complete) return fail(complete.error());
  // Windows of a time that is not complete are left to a load that reads up to the present.
  if (!complete->empty())
    std::erase_if(unchecked, [&](const UncheckedWindow& one) {
      return start_of_day(one.window.from) < complete->from;
    });
  WallTime since = reading_.scan.started_at;
  for (const UncheckedWindow& one : unchecked) since = std::min(since, one.scan_started_at);
  if (Result<void> done = compare_amounts(std::nullopt, since, AmountScope::all); !done)
    return done;
  if (complete->empty()) return {};
  const TimeWindow lately{
      std::max(complete->from, start_of_day(complete->upto + second - reading_.usual_rescan)),
      complete->upto};
  std::vector<TimeWindow> read = {lately};
  for (const UncheckedWindow& one : unchecked) read.push_back(whole_days(one.window));
  for (const TimeWindow& range : without(*complete, without(*complete, read)))
    if (Result<void> done = compare_kept(range); !done) return done;
  return environment_.scans.note_checked(unchecked);
}

Result<void> LoadCheck::compare_kept(const TimeWindow& range) {
  Result<KeptCheckResult> kept = [&] {
    const StageTime counting(environment_.stages, Stage::check_counts);
    return day_check(WallTime{}).check_kept(range, disputed_);
  }();
  if (!kept) return fail(std::move(kept).error());
  note_days({.days = std::move(kept->days)});
  for (const TimeWindow& span : kept->differing) {
    if (Result<void> done = environment_.read_created(span); !done) return done;
    Result<DayCheckResult> counts =
        compare_counts(span, reading_.scan.started_at, DaySteps::single);
    if (!counts) return fail(std::move(counts).error());
    tell(std::move(counts->differences));
  }
  return {};
}

Result<void> LoadCheck::compare_total(std::uint64_t listed) {
  const StageTime counting(environment_.stages, Stage::check_counts);
  const Result<TotalCheckResult> total = day_check(reading_.scan.started_at).check_total(listed);
  if (!total) return fail(total.error());
  summary_.total = *total;
  return {};
}

Result<bool> LoadCheck::compared_all() {
  const auto finished = environment_.scans.finished_windows(reading_.scan);
  if (!finished) return fail(finished.error());
  return std::ranges::all_of(*finished, [&](const FinishedWindow& read) {
    const TimeWindow proven{read.window.from, std::min(read.window.upto, reading_.settled)};
    return proven.empty() || without(proven, compared_).empty();
  });
}

Result<void> LoadCheck::compare_range(const TimeWindow& range, WallTime since) {
  const bool whole_days = environment_.extractor.reach().whole_days;
  Result<DayCheckResult> counts =
      compare_counts(range, since, whole_days ? DaySteps::together : DaySteps::single);
  if (!counts) return fail(std::move(counts).error());
  // Records that are missing from a day may have been given another one by other means. Comparing
  // all of them tells it, and what mends it: so that comes first.
  const AmountScope scope = counts->missing.empty() ? scope_ : AmountScope::moved;
  if (scope == AmountScope::news) summary_.amounts_of_news = true;
  Result<void> amounts = compare_amounts(range, since, scope);
  tell(std::move(counts->differences));
  return amounts;
}

Result<DayCheckResult> LoadCheck::compare_counts(const TimeWindow& range, WallTime since,
                                                 DaySteps steps) {
  const StageTime counting(environment_.stages, Stage::check_counts);
  Result<DayCheckResult> checked = day_check(since).check(range, disputed_, steps);
  if (checked) note_days(*checked);
  return checked;
}

DayCheck LoadCheck::day_check(WallTime since) const {
  // Without a stamp of the source's, what is older was seen later.
  const std::uint64_t older = environment_.tables.stamped() ? summary_.older : 0;
  return {environment_.connection, environment_.tables, environment_.extractor, since, older};
}

void LoadCheck::note_days(const DayCheckResult& checked) {
  days_.days.insert(checked.days.begin(), checked.days.end());
  days_.missing.insert(checked.missing.begin(), checked.missing.end());
  days_.surplus.insert(checked.surplus.begin(), checked.surplus.end());
  summary_.days_checked = days_.days.size();
  summary_.days_missing = days_.missing.size();
  summary_.days_surplus = days_.surplus.size();
}

Result<void> LoadCheck::compare_amounts(const std::optional<TimeWindow>& range, WallTime since,
                                        AmountScope scope) {
  const StageTime comparing(environment_.stages, Stage::check_amounts);
  AmountCheck check(environment_.connection, environment_.tables, since, environment_.stop);
  Result<AmountCheckResult> checked = check.check(range, scope);
  if (!checked) return fail(std::move(checked).error());
  summary_.amounts_compared += checked->records;
  days_off_.merge(checked->days_off);
  summary_.days_off = days_off_.size();
  tell(std::move(checked->differences));
  if (summary_.sums.empty())
    for (const std::string_view amount : environment_.tables.amounts())
      summary_.sums.emplace_back(amount, 0);
  for (std::size_t i = 0; i < checked->sums.size(); ++i)
    summary_.sums[i].second += checked->sums[i];
  return {};
}

void LoadCheck::tell(std::vector<Message> differences) {
  for (Message& difference : differences)
    if (summary_.day_differences.size() < examples_max)
      summary_.day_differences.push_back(std::move(difference));
}

}  // namespace tidemark::load
