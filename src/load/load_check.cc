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
  Result<std::vector<UncheckedWindow>> unchecked = environment_.scans.unchecked();
  if (!unchecked) return fail(std::move(unchecked).error());
  const bool rescan = reading_.mode == LoadMode::rescan;
  if (rescan)
    std::erase_if(*unchecked,
                  [&](const UncheckedWindow& one) { return one.scan_id != reading_.scan.id; });
  const Result<std::vector<Gap>> gaps = environment_.scans.gaps();
  if (!gaps) return fail(gaps.error());
  disputed_ = spans_of(*gaps, GapKind::disputed);
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
    const TimeWindow range{windows.front().window.from, windows.back().window.upto};
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

Result<bool> LoadCheck::compared_all() {
  const auto finished = environment_.scans.finished_windows(reading_.scan);
  if (!finished) return fail(finished.error());
  return std::ranges::all_of(*finished, [&](const FinishedWindow& read) {
    const TimeWindow proven{read.window.from, std::min(read.window.upto, reading_.settled)};
    return proven.empty() || without(proven, compared_).empty();
  });
}

Result<void> LoadCheck::compare_range(const TimeWindow& range, WallTime since) {
  Result<DayCheckResult> counts = compare_counts(range, since);
  if (!counts) return fail(std::move(counts).error());
  // Records that are missing from a day may have been given another one by other means. Comparing
  // all of them tells it, and what mends it: so that comes first.
  const AmountScope scope = counts->missing.empty() ? scope_ : AmountScope::moved;
  if (scope == AmountScope::news) summary_.amounts_of_news = true;
  Result<void> amounts = compare_amounts(range, since, scope);
  tell(std::move(counts->differences));
  return amounts;
}

Result<DayCheckResult> LoadCheck::compare_counts(const TimeWindow& range, WallTime since) {
  const StageTime counting(environment_.stages, Stage::check_counts);
  DayCheck check(environment_.connection, environment_.tables, environment_.extractor, since);
  Result<DayCheckResult> checked = check.check(range, disputed_);
  if (!checked) return checked;
  days_.days.insert(checked->days.begin(), checked->days.end());
  days_.missing.insert(checked->missing.begin(), checked->missing.end());
  days_.surplus.insert(checked->surplus.begin(), checked->surplus.end());
  summary_.days_checked = days_.days.size();
  summary_.days_missing = days_.missing.size();
  summary_.days_surplus = days_.surplus.size();
  return checked;
}

Result<void> LoadCheck::compare_amounts(const TimeWindow& range, WallTime since,
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
