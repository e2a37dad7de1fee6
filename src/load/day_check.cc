#include "load/day_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "load/ask_ahead.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/views/view_sql.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

constexpr int attempts_max = 6;
/// Asked for while those before are compared.
constexpr std::size_t counts_at_once = 4;
constexpr std::size_t examples_max = 5;
constexpr std::chrono::seconds second{1};

CivilTime end_of_day(const CivilTime& time) {
  return CivilTime(std::chrono::floor<std::chrono::days>(time.time())) + std::chrono::days(1) -
         second;
}

std::string_view id_column(StreamKind stream) { return load::table_of(stream).columns[1].name; }

std::uint64_t number_of(std::optional<std::string_view> text) {
  std::uint64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

Result<std::map<std::string, DayCheck::Held>> DayCheck::held_by_day(const TimeWindow& range) {
  const std::string sql =
      dialect_sql(fmt::format("SELECT $day(t.created_at), COUNT(*), COUNT(s.record_id) FROM {0} t "
                              "LEFT JOIN raw_seen s ON s.platform=t.platform AND s.stream=? "
                              "AND s.record_id=t.{1} AND s.observed_at>=? WHERE t.platform=? "
                              "AND t.created_at>=? AND t.created_at<=? GROUP BY $day(t.created_at)",
                              table_name(tables_.kind()), id_column(tables_.kind())),
                  connection_.dialect());
  std::map<std::string, Held> days;
  Result<void> read = sql::each_row(
      connection_.query(sql, sql::Values{std::string(name(tables_.kind())), utc_text(since_),
                                         tables_.platform(), range.from.text(), range.upto.text()}),
      [&](const sql::Cursor& row) {
        days.emplace(row.at(0).value_or(""),
                     Held{.all = number_of(row.at(1)), .seen = number_of(row.at(2))});
      });
  if (!read) return fail(std::move(read).error());
  return days;
}

Result<std::uint64_t> DayCheck::seen_at(const CivilTime& time) {
  const Result<std::int64_t> count = sql::query_number(
      connection_,
      fmt::format("SELECT COUNT(*) FROM {0} t JOIN raw_seen s ON s.platform=t.platform "
                  "AND s.stream=? AND s.record_id=t.{1} AND s.observed_at>=? "
                  "WHERE t.platform=? AND t.created_at=?",
                  table_name(tables_.kind()), id_column(tables_.kind())),
      sql::Values{std::string(name(tables_.kind())), utc_text(since_), tables_.platform(),
                  time.text()});
  if (!count) return fail(count.error());
  return static_cast<std::uint64_t>(*count);
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

Result<bool> DayCheck::counts_second_behind(const TimeWindow& day, std::uint64_t behind) {
  const Result<std::uint64_t> own = seen_at(day.upto);
  if (!own) return fail(own.error());
  const Result<std::optional<std::uint64_t>> count = extractor_.count({day.upto, day.upto});
  if (!count) return fail(count.error());
  return *count && **count >= *own + behind;
}

Result<DayCheck::Verdict> DayCheck::compare(const TimeWindow& day, std::uint64_t counted,
                                            const Held& held, std::uint64_t allowance) {
  if (counted < held.seen) return Verdict{};
  std::uint64_t excess = counted - held.seen;
  if (excess > allowance) {
    // Whether a source counts the second behind a window is published nowhere, so it is asked.
    const Result<std::uint64_t> behind = seen_at(day.upto + second);
    if (!behind) return fail(behind.error());
    if (*behind == 0 || excess < *behind || excess - *behind > allowance) return Verdict{};
    const Result<bool> counts = counts_second_behind(day, *behind);
    if (!counts) return fail(counts.error());
    if (!*counts) return Verdict{};
    excess -= *behind;
  }
  return Verdict{.same = true, .excused = excess};
}

Result<DayCheckResult> DayCheck::check(const TimeWindow& range,
                                       std::span<const TimeWindow> disputed) {
  DayCheckResult result;
  const Result<std::uint64_t> rejects = set_aside();
  if (!rejects) return fail(rejects.error());
  // Of what day a row is that could not be stored, it may not tell: so many may be missing, all
  // days together.
  std::uint64_t allowance = *rejects;
  const Result<std::map<std::string, Held>> by_day = held_by_day(range);
  if (!by_day) return fail(by_day.error());
  std::vector<TimeWindow> days;
  for (CivilTime from = range.from; from <= range.upto;) {
    const TimeWindow day{from, std::min(range.upto, end_of_day(from))};
    if (std::ranges::all_of(disputed,
                            [&](const TimeWindow& span) { return common(span, day).empty(); }))
      days.push_back(day);
    from = day.upto + second;
  }
  AskAhead<Result<std::optional<std::uint64_t>>> first_counts(
      [&](std::uint64_t day) { return extractor_.count(days[day - 1]); }, 1, days.size(),
      counts_at_once);
  for (const TimeWindow& day : days) {
    const std::string date = day.from.text().substr(0, std::string_view("2025-01-31").size());
    const auto found = by_day->find(date);
    const Held held = found == by_day->end() ? Held() : found->second;
    std::uint64_t counted = 0;
    Verdict verdict;
    for (int attempts = 0; !verdict.same && attempts < attempts_max; ++attempts) {
      const Result<std::optional<std::uint64_t>> count =
          attempts == 0 ? *first_counts.next() : extractor_.count(day);
      if (!count) return fail(count.error());
      if (!*count) return result;
      counted = **count;
      const Result<Verdict> compared = compare(day, counted, held, allowance);
      if (!compared) return fail(compared.error());
      verdict = *compared;
    }
    result.days.insert(date);
    allowance -= verdict.excused;
    const bool missing = !verdict.same && counted > held.seen;
    const bool surplus = held.all > held.seen || (!verdict.same && !missing);
    if (missing) result.missing.insert(date);
    if (surplus) result.surplus.insert(date);
    if ((missing || surplus) && result.differences.size() < examples_max)
      result.differences.push_back(
          say({"{} to {}: the shop counts {}, the warehouse {}, of which {} were read",
               "{} 至 {}：店铺 {} 条，数仓 {} 条，其中本次读到 {} 条"},
              day.from.text(), day.upto.text(), counted, held.all, held.seen));
  }
  return result;
}

}  // namespace tidemark::load
