#include "load/day_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tidemark::load {
namespace {

constexpr int attempts_max = 6;
constexpr std::size_t examples_max = 5;
constexpr std::chrono::seconds second{1};

CivilTime end_of_day(const CivilTime& time) {
  return CivilTime(std::chrono::floor<std::chrono::days>(time.time())) + std::chrono::days(1) -
         second;
}

std::uint64_t number_of(const std::optional<std::string>& text) {
  std::uint64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

Result<std::uint64_t> DayCheck::held(const CivilTime& from, const CivilTime& upto) {
  const auto text = sql::query_value(
      connection_,
      fmt::format("SELECT COUNT(*) FROM {} WHERE platform=? AND created_at>=? AND created_at<=?",
                  table_name(tables_.kind())),
      sql::Values{tables_.platform(), from.text(), upto.text()});
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
  for (CivilTime from = range.from; from <= range.upto;) {
    const TimeWindow day{from, std::min(range.upto, end_of_day(from))};
    from = day.upto + second;
    // Whether a source counts the second behind the day is not known.
    const Result<std::uint64_t> least = held(day.from, day.upto);
    if (!least) return fail(least.error());
    const Result<std::uint64_t> most = held(day.from, day.upto + second);
    if (!most) return fail(most.error());
    std::uint64_t counted = 0;
    bool same = false;
    for (int attempts = 0; !same && attempts < attempts_max; ++attempts) {
      const Result<std::optional<std::uint64_t>> count = extractor_.count(day);
      if (!count) return fail(count.error());
      if (!*count) return result;
      counted = **count;
      same = counted >= *least && counted <= *most + allowance;
    }
    ++result.days;
    if (same) {
      if (counted > *most) allowance -= counted - *most;
      continue;
    }
    ++(counted > *most ? result.missing : result.surplus);
    if (result.differences.size() < examples_max)
      result.differences.push_back(say(
          {"{} to {}: the shop counts {}, the warehouse {}", "{} 至 {}：店铺 {} 条，数仓 {} 条"},
          day.from.text(), day.upto.text(), counted, *least));
  }
  return result;
}

}  // namespace tidemark::load
