#include "alert/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/parse_integer.h"

namespace tidemark::alert {
namespace {

using enum Subject;

constexpr std::array<SubjectInfo, subject_count> table = {{
    {.subject = success_rate_1h,
     .name = "success_rate_1h",
     .unit = Unit::ratio,
     .low_is_bad = true,
     .en = "success rate of the last hour",
     .zh = "最近 1 小时成功率"},
    {.subject = success_rate_24h,
     .name = "success_rate_24h",
     .unit = Unit::ratio,
     .low_is_bad = true,
     .en = "success rate of the last 24 hours",
     .zh = "最近 24 小时成功率"},
    {.subject = latency_mean,
     .name = "latency_mean",
     .unit = Unit::seconds,
     .en = "mean latency of the last hour",
     .zh = "最近 1 小时平均延迟"},
    {.subject = latency_p99,
     .name = "latency_p99",
     .unit = Unit::seconds,
     .en = "p99 latency of the last hour",
     .zh = "最近 1 小时 p99 延迟"},
    {.subject = failures_in_row,
     .name = "failures_in_row",
     .unit = Unit::count,
     .en = "failures in a row",
     .zh = "连续失败次数"},
    {.subject = failures_1h,
     .name = "failures_1h",
     .unit = Unit::count,
     .en = "deliveries given up in the last hour",
     .zh = "最近 1 小时失败的投递"},
    {.subject = parked_rejected,
     .name = "parked_rejected",
     .unit = Unit::count,
     .grows = true,
     .en = "deliveries rejected by their receiver (400, 413, 422)",
     .zh = "被接收方拒绝的投递（400、413、422）"},
    {.subject = backlog,
     .name = "backlog",
     .unit = Unit::count,
     .en = "unfinished deliveries",
     .zh = "积压的投递"},
    {.subject = retrying,
     .name = "retrying",
     .unit = Unit::count,
     .en = "deliveries in retry",
     .zh = "重试中的投递"},
    {.subject = jobs_failed,
     .name = "jobs_failed",
     .unit = Unit::count,
     .grows = true,
     .en = "scheduled jobs whose last run failed",
     .zh = "最近一次运行失败的计划任务"},
    {.subject = jobs_partial,
     .name = "jobs_partial",
     .unit = Unit::count,
     .grows = true,
     .en = "scheduled jobs that were only partial three times in a row",
     .zh = "连续三次仅部分成功的计划任务"},
    {.subject = check_differences,
     .name = "check_differences",
     .unit = Unit::count,
     .en = "records that differ, by a receiver's last check",
     .zh = "接收端最近一次比对中不一致的记录"},
}};

/// `250ms`, `90s`, `5m`, `1h`, `2d`.
std::optional<double> parse_seconds(std::string_view text) {
  constexpr std::pair<std::string_view, double> units[] = {
      {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
  for (const auto& [unit, seconds] : units) {
    if (!text.ends_with(unit)) continue;
    const auto number = parse_integer(text.substr(0, text.size() - unit.size()));
    if (number && *number >= 0) return static_cast<double>(*number) * seconds;
  }
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(number >= 0 && number <= 100)) return std::nullopt;
  return std::round(number * 1e4) / 1e6;  // 0.999, not what a division by 100 makes of 99.9.
}

std::string seconds_text(double value) {
  if (value < 1) return fmt::format("{:.0f}ms", value * 1000);
  if (value < 60) return fmt::format("{:.1f}s", value);
  const auto whole = std::llround(value);
  const auto hours = whole / 3600;
  const auto minutes = whole / 60 % 60;
  if (hours > 0)
    return minutes > 0 ? fmt::format("{}h{}m", hours, minutes) : fmt::format("{}h", hours);
  return whole % 60 > 0 ? fmt::format("{}m{}s", minutes, whole % 60) : fmt::format("{}m", minutes);
}

}  // namespace

const std::array<SubjectInfo, subject_count>& subjects() { return table; }

const SubjectInfo& info(Subject subject) {
  const SubjectInfo& found = table.at(static_cast<std::size_t>(subject));
  check(found.subject == subject, "the table of subjects has their order");
  return found;
}

std::optional<Subject> subject_named(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &SubjectInfo::name);
  if (found == table.end()) return std::nullopt;
  return found->subject;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::notice:
      return "notice";
    case Level::warning:
      return "warning";
    case Level::critical:
      return "critical";
  }
  return "";
}

std::optional<Level> level_named(std::string_view text) {
  for (const Level level : {Level::notice, Level::warning, Level::critical})
    if (name(level) == text) return level;
  return std::nullopt;
}

Message words(Level level) {
  switch (level) {
    case Level::notice:
      return {"NOTICE", "提示"};
    case Level::warning:
      return {"WARNING", "警告"};
    case Level::critical:
      return {"CRITICAL", "严重"};
  }
  return {};
}

std::string value_text(Unit unit, double value) {
  switch (unit) {
    case Unit::ratio: {
      // Down, so that 99.996 % is never shown as the 100 % that it is not.
      std::string text = fmt::format("{:.2f}", std::floor(value * 10'000 + 1e-6) / 100);
      while (text.ends_with('0')) text.pop_back();
      if (text.ends_with('.')) text.pop_back();
      return text + "%";
    }
    case Unit::seconds:
      return seconds_text(value);
    case Unit::count:
      return fmt::format("{:.0f}", value);
  }
  return "";
}

std::optional<double> parse_threshold(Unit unit, std::string_view text) {
  switch (unit) {
    case Unit::ratio:
      return parse_percent(text);
    case Unit::seconds:
      return parse_seconds(text);
    case Unit::count: {
      const auto number = parse_integer(text);
      if (!number || *number < 0) return std::nullopt;
      return static_cast<double>(*number);
    }
  }
  return std::nullopt;
}

}  // namespace tidemark::alert
