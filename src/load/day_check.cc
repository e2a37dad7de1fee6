#include "load/day_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "load/ask_ahead.h"
#include "load/views/view_sql.h"

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

std::uint64_t number_of(std::optional<std::string_view> text) {
  std::uint64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

Result<std::map<std::string, std::uint64_t>> DayCheck::held_by_day(const TimeWindow& range) {
  const std::string sql = dialect_sql(
      fmt::format("SELECT $day(created_at), COUNT(*) FROM {} WHERE platform=? AND created_at>=? "
                  "AND created_at<=? GROUP BY $day(created_at)",
                  table_name(tables_.kind())),
      connection_.dialect());
  const auto rows =
      connection_.query(sql, sql::Values{tables_.platform(), range.from.text(), range.upto.text()});
  if (!rows) return fail(rows.error());
  std::map<std::string, std::uint64_t> days;
  for (;;) {
    const Result<bool> more = (*rows)->next();
    if (!more) return fail(more.error());
    if (!*more) return days;
    days.emplace((*rows)->at(0).value_or(""), number_of((*rows)->at(1)));
  }
}

Result<std::uint64_t> DayCheck::held_at(const CivilTime& time) {
  const auto text =
      sql::query_value(connection_,
                       fmt::format("SELECT COUNT(*) FROM {} WHERE platform=? AND created_at=?",
                                   table_name(tables_.kind())),
                       sql::Values{tables_.platform(), time.text()});
  if (!text) return fail(text.error());
  return number_of(*text);
}

Result<std::uint64_t> DayCheck::set_aside() {
  const auto text = sql::query_value(
      connection_, "SELECT COUNT(*) FROM load_rejects WHERE platform=? AND stream=?",
      sql::Values{tables_.platform(), std::string(name(tables_.kind()))});
  if (!text) return fail(text.error());
  return number_of(*text);
}

Result<DayCheckResult> DayCheck::check(const TimeWindow& range) {
  DayCheckResult result;
  const Result<std::uint64_t> rejects = set_aside();
  if (!rejects) return fail(rejects.error());
  // Of what day a rejected row is, its row may not tell: so many may be missing, all days together.
  std::uint64_t allowance = *rejects;
  const Result<std::map<std::string, std::uint64_t>> held = held_by_day(range);
  if (!held) return fail(held.error());
  std::vector<TimeWindow> days;
  for (CivilTime from = range.from; from <= range.upto; from = days.back().upto + second)
    days.push_back({from, std::min(range.upto, end_of_day(from))});
  AskAhead<Result<std::optional<std::uint64_t>>> first_counts(
      [&](std::uint64_t day) { return extractor_.count(days[day - 1]); }, 1, days.size(),
      counts_at_once);
  for (const TimeWindow& day : days) {
    const auto found = held->find(day.from.text().substr(0, std::string_view("2025-01-31").size()));
    const std::uint64_t least = found == held->end() ? 0 : found->second;
    std::optional<std::uint64_t> most;  // Asked for only when it matters.
    std::uint64_t counted = 0;
    bool same = false;
    for (int attempts = 0; !same && attempts < attempts_max; ++attempts) {
      const Result<std::optional<std::uint64_t>> count =
          attempts == 0 ? *first_counts.next() : extractor_.count(day);
      if (!count) return fail(count.error());
      if (!*count) return result;
      counted = **count;
      if (counted > least && !most) {
        // Whether a source counts the second behind the day is not known.
        const Result<std::uint64_t> behind = held_at(day.upto + second);
        if (!behind) return fail(behind.error());
        most = least + *behind;
      }
      same = counted >= least && counted <= most.value_or(least) + allowance;
    }
    ++result.days;
    if (same) {
      if (counted > most.value_or(least)) allowance -= counted - *most;
      continue;
    }
    ++(counted > most.value_or(least) ? result.missing : result.surplus);
    if (result.differences.size() < examples_max)
      result.differences.push_back(say(
          {"{} to {}: the shop counts {}, the warehouse {}", "{} 至 {}：店铺 {} 条，数仓 {} 条"},
          day.from.text(), day.upto.text(), counted, least));
  }
  return result;
}

}  // namespace tidemark::load
