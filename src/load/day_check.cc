#include "load/day_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "load/ask_ahead.h"
#include "load/cell.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/views/view_sql.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

constexpr int attempts_max = 6;
/// Where so many days differ it is no matter of a moment, and each question costs a call.
constexpr std::size_t differing_few = 5;
constexpr int attempts_of_many = 2;
/// Asked for while those before are compared.
constexpr std::size_t counts_at_once = 4;
constexpr std::size_t examples_max = 5;
constexpr std::chrono::seconds second{1};

std::string date_of(const TimeWindow& day) { return date_text(day.from); }

std::string_view id_column(StreamKind stream) { return load::table_of(stream).columns[1].name; }

std::uint64_t number_of(std::optional<std::string_view> text) {
  std::uint64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

Result<void> DayCheck::each_held(std::string_view key, std::string_view condition,
                                 std::initializer_list<CivilTime> times,
                                 const std::function<void(const sql::Cursor&, Held)>& take) {
  const std::string sql = dialect_sql(
      fmt::format("SELECT COUNT(*), COUNT(s.record_id){2} FROM {0} t LEFT JOIN raw_seen s ON "
                  "s.platform=t.platform AND s.stream=? AND s.record_id=t.{1} AND "
                  "s.observed_at>=? WHERE t.platform=?{3}",
                  table_name(tables_.kind()), id_column(tables_.kind()), key, condition),
      connection_.dialect());
  sql::Values values{std::string(name(tables_.kind())), utc_text(since_), tables_.platform()};
  for (const CivilTime& time : times) values.emplace_back(time.text());
  return sql::each_row(connection_.query(sql, values), [&](const sql::Cursor& row) {
    take(row, Held{.all = number_of(row.at(0)), .seen = number_of(row.at(1))});
  });
}

Result<DayCheck::Held> DayCheck::held(std::string_view condition,
                                      std::initializer_list<CivilTime> times) {
  Held found;
  Result<void> read =
      each_held("", condition, times, [&](const sql::Cursor& /*row*/, Held held) { found = held; });
  if (!read) return fail(std::move(read).error());
  return found;
}

Result<std::map<std::string, DayCheck::Held>> DayCheck::held_by_day(const TimeWindow& range) {
  std::map<std::string, Held> days;
  Result<void> read = each_held(", $day(t.created_at)",
                                " AND t.created_at>=? AND t.created_at<=? "
                                "GROUP BY $day(t.created_at)",
                                {range.from, range.upto}, [&](const sql::Cursor& row, Held held) {
                                  days.emplace(row.at(2).value_or(""), held);
                                });
  if (!read) return fail(std::move(read).error());
  return days;
}

Result<std::uint64_t> DayCheck::seen_at(const CivilTime& time) {
  const Result<Held> found = held(" AND t.created_at=?", {time});
  return found ? Result<std::uint64_t>(found->seen) : fail(found.error());
}

Result<std::uint64_t> DayCheck::set_aside() {
  const Result<std::int64_t> count = sql::query_number(
      connection_,
      fmt::format("SELECT COUNT(*) FROM load_rejects r JOIN raw_seen s ON s.platform=r.platform "
                  "AND s.stream=r.stream AND s.record_id=r.record_id "
                  "LEFT JOIN {0} t ON t.platform=r.platform AND t.{1}=r.record_id "
                  "WHERE r.platform=? AND r.stream=? AND s.observed_at>=? AND t.{1} IS NULL",
                  table_name(tables_.kind()), id_column(tables_.kind())),
      sql::Values{tables_.platform(), std::string(name(tables_.kind())), utc_text(since_)});
  if (!count) return fail(count.error());
  return static_cast<std::uint64_t>(*count);
}

Result<std::uint64_t> DayCheck::without_day() {
  const std::span<const Column> columns = load::table_of(tables_.kind()).columns;
  const auto created = std::ranges::find(columns, "created_at", &Column::name);
  if (created != columns.end() && created->required) return 0;
  const Result<Held> found = held(" AND t.created_at IS NULL");
  return found ? Result<std::uint64_t>(found->seen) : fail(found.error());
}

Result<bool> DayCheck::counts_second_behind(const TimeWindow& day, std::uint64_t behind) {
  const Result<std::uint64_t> own = seen_at(day.upto);
  if (!own) return fail(own.error());
  const Result<std::optional<std::uint64_t>> count = extractor_.count({day.upto, day.upto});
  if (!count) return fail(count.error());
  return *count && **count >= *own + behind;
}

Result<DayCheck::Verdict> DayCheck::compare(const TimeWindow& day, std::uint64_t counted,
                                            const Held& held) {
  if (counted < held.seen) return Verdict{};
  std::uint64_t excess = counted - held.seen;
  if (excess > allowance_) {
    // Whether a source counts the second behind a window is published nowhere, so it is asked.
    const Result<std::uint64_t> behind = seen_at(day.upto + second);
    if (!behind) return fail(behind.error());
    if (*behind == 0 || excess < *behind || excess - *behind > allowance_) return Verdict{};
    const Result<bool> counts = counts_second_behind(day, *behind);
    if (!counts) return fail(counts.error());
    if (!*counts) return Verdict{};
    excess -= *behind;
  }
  return Verdict{.same = true, .excused = excess};
}

const DayCheck::Held& DayCheck::held_of(const TimeWindow& day) const {
  static const Held none;
  const auto found = held_.find(date_of(day));
  return found == held_.end() ? none : found->second;
}

std::vector<TimeWindow> DayCheck::spans(const TimeWindow& range,
                                        std::span<const TimeWindow> disputed,
                                        DaySteps steps) const {
  const std::chrono::seconds longest = extractor_.reach().window_max;
  std::vector<TimeWindow> spans;
  for (const TimeWindow& day : days_of(range)) {
    if (std::ranges::any_of(disputed,
                            [&](const TimeWindow& span) { return !common(span, day).empty(); }))
      continue;
    const bool adjoins = !spans.empty() && spans.back().upto + second == day.from;
    if (steps == DaySteps::together && adjoins && spans.back().length() + day.length() <= longest)
      spans.back().upto = day.upto;
    else
      spans.push_back(day);
  }
  return spans;
}

void DayCheck::tell(const TimeWindow& day, std::uint64_t counted, const Held& held,
                    Verdict verdict) {
  const std::string date = date_of(day);
  result_.days.insert(date);
  const bool missing = !verdict.same && counted > held.seen;
  const std::uint64_t seen = held.seen + std::min(verdict.excused, older_);
  const bool surplus = held.all > seen || (!verdict.same && !missing);
  if (missing) result_.missing.insert(date);
  if (surplus) result_.surplus.insert(date);
  if ((missing || surplus) && result_.differences.size() < examples_max)
    result_.differences.push_back(
        say({"{} to {}: the shop counts {}, the warehouse {}, of which {} were read",
             "{} 至 {}：店铺 {} 条，数仓 {} 条，其中本次读到 {} 条"},
            day.from.text(), day.upto.text(), counted, held.all, held.seen));
}

Result<void> DayCheck::compare_day(const TimeWindow& day, const std::optional<Count>& first) {
  const Held& held = held_of(day);
  std::uint64_t counted = 0;
  Verdict verdict;
  const bool few = result_.missing.size() + result_.surplus.size() < differing_few;
  const int attempts_here = few ? attempts_max : attempts_of_many;
  for (int attempts = 0; !verdict.same && attempts < attempts_here; ++attempts) {
    const Count count = attempts == 0 && first ? *first : extractor_.count(day);
    if (!count) return fail(count.error());
    if (!*count) return {};
    counted = **count;
    const Result<Verdict> compared = compare(day, counted, held);
    if (!compared) return fail(compared.error());
    verdict = *compared;
  }
  allowance_ -= verdict.excused;
  tell(day, counted, held, verdict);
  return {};
}

Result<void> DayCheck::compare_span(const TimeWindow& span, const Count& first) {
  if (span.upto <= end_of_day(span.from)) return compare_day(span, first);
  if (!first) return fail(first.error());
  if (!*first) return {};
  const std::vector<TimeWindow> days = days_of(span);
  std::uint64_t seen = 0;
  for (const TimeWindow& day : days) seen += held_of(day).seen;
  const bool same = seen == **first;
  for (const TimeWindow& day : days) {
    if (same) {
      tell(day, held_of(day).seen, held_of(day), {.same = true});
      continue;
    }
    if (Result<void> compared = compare_day(day, std::nullopt); !compared) return compared;
  }
  return {};
}

Result<KeptCheckResult> DayCheck::check_kept(const TimeWindow& range,
                                             std::span<const TimeWindow> disputed) {
  Result<std::map<std::string, Held>> by_day = held_by_day(range);
  if (!by_day) return fail(std::move(by_day).error());
  held_ = std::move(*by_day);
  const std::vector<TimeWindow> asked = spans(range, disputed, DaySteps::together);
  AskAhead<Count> counts([&](std::uint64_t span) { return extractor_.count(asked[span - 1]); }, 1,
                         asked.size(), counts_at_once);
  KeptCheckResult result;
  for (const TimeWindow& span : asked) {
    const Count counted = *counts.next();
    if (!counted) return fail(counted.error());
    if (!*counted) continue;
    std::uint64_t kept = 0;
    for (const TimeWindow& day : days_of(span)) kept += held_of(day).all;
    if (kept != **counted) {
      result.differing.push_back(span);
      continue;
    }
    for (const TimeWindow& day : days_of(span)) result.days.insert(date_of(day));
  }
  return result;
}

Result<TotalCheckResult> DayCheck::check_total(std::uint64_t listed) {
  const Result<std::uint64_t> rejects = set_aside();
  if (!rejects) return fail(rejects.error());
  const Result<Held> everything = held("");
  if (!everything) return fail(everything.error());
  const std::uint64_t seen = std::min(everything->all, everything->seen + older_);
  const std::uint64_t found = seen + *rejects;
  return TotalCheckResult{.listed = listed,
                          .missing = listed > found ? listed - found : 0,
                          .surplus = everything->all - seen};
}

Result<DayCheckResult> DayCheck::check(const TimeWindow& range,
                                       std::span<const TimeWindow> disputed, DaySteps steps) {
  const Result<std::uint64_t> rejects = set_aside(), dayless = without_day();
  if (!rejects) return fail(rejects.error());
  if (!dayless) return fail(dayless.error());
  allowance_ = *rejects + *dayless + older_;
  Result<std::map<std::string, Held>> by_day = held_by_day(range);
  if (!by_day) return fail(by_day.error());
  held_ = std::move(*by_day);
  const std::vector<TimeWindow> asked = spans(range, disputed, steps);
  AskAhead<Count> first_counts(
      [&](std::uint64_t span) { return extractor_.count(asked[span - 1]); }, 1, asked.size(),
      counts_at_once);
  for (const TimeWindow& span : asked)
    if (Result<void> compared = compare_span(span, *first_counts.next()); !compared)
      return fail(std::move(compared).error());
  return std::move(result_);
}

}  // namespace tidemark::load
