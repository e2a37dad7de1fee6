#include "api/schedule_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/stamp.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;

ordered_json stamp_or_null(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return stamp(*time);
}

std::string_view state_of(const run::Job& job, const run::Schedule& row) {
  if (row.running()) return row.asked_to_yield ? "yielding" : "running";
  if (row.requested_at) return "requested";
  if (!job.enabled) return "disabled";
  if (row.paused) return "paused";
  return "waiting";
}

/// What people have set, by the names of the API.
ordered_json overridden(const run::Schedule& row) {
  auto names = ordered_json::array();
  if (row.cron) names.push_back("cron");
  if (row.time_zone) names.push_back("time_zone");
  if (row.jitter) names.push_back("jitter_seconds");
  return names;
}

/// A change that the scheduler has not seen yet is reckoned here.
std::optional<WallTime> next_due(const run::Job& job, const run::Schedule& row, WallTime now) {
  if (!job.enabled) return std::nullopt;
  const auto timing = run::Timing::make(row.rule_for(job));
  if (!timing) return std::nullopt;
  if (row.rule == timing->text() && row.next_due_at) return row.next_due_at;
  return timing->next(now);
}

template <class... Args>
std::unexpected<Error> refused(std::string_view field, Text<Args...> why, Args&&... args) {
  return fail(make_error(ErrorKind::rejected, why, std::forward<Args>(args)...)
                  .within({"{}", "{}"}, field));
}

Result<void> take_text(std::string_view field, const ordered_json& value,
                       std::optional<std::string>& target) {
  if (!value.is_string() && !value.is_null())
    return refused(field, {"must be a text, or null for the configured one",
                           "必须是文本，或用 null 恢复为配置值"});
  target.reset();
  if (value.is_string()) target = value.get<std::string>();
  return {};
}

Result<void> take_field(const std::string& field, const ordered_json& value, run::Schedule& row) {
  if (field == "cron") return take_text(field, value, row.cron);
  if (field == "time_zone") return take_text(field, value, row.time_zone);
  if (field == "jitter_seconds") {
    constexpr std::int64_t jitter_max = 86'400;
    const bool right = value.is_number_integer() && value.get<std::int64_t>() >= 0 &&
                       value.get<std::int64_t>() <= jitter_max;
    if (!right && !value.is_null())
      return refused(field,
                     {"must be a whole number from 0 to {}, or null for the configured one",
                      "必须是 0 到 {} 的整数，或用 null 恢复为配置值"},
                     jitter_max);
    row.jitter.reset();
    if (right) row.jitter = std::chrono::seconds(value.get<std::int64_t>());
    return {};
  }
  if (field == "paused") {
    if (!value.is_boolean())
      return refused(field, {"must be true or false", "必须是 true 或 false"});
    row.paused = value.get<bool>();
    return {};
  }
  return fail(ErrorKind::rejected,
              {"{}: no such field: paused, cron, time_zone and jitter_seconds can be changed",
               "{}: 没有此字段：可修改 paused、cron、time_zone、jitter_seconds"},
              field);
}

}  // namespace

ordered_json schedule_json(const run::Job& job, const run::Schedule& row, WallTime now) {
  const run::ScheduleRule rule = row.rule_for(job);
  return {{"name", job.name},
          {"summary", job.summary.en},
          {"summary_zh", job.summary.zh},
          {"command", fmt::format("tidemark {}", fmt::join(job.command, " "))},
          {"state", state_of(job, row)},
          {"enabled", job.enabled},
          {"reason", or_null(job.why_disabled.en)},
          {"reason_zh", or_null(job.why_disabled.zh)},
          {"paused", row.paused},
          {"cron", rule.cron},
          {"time_zone", rule.time_zone},
          {"jitter_seconds", rule.jitter.count()},
          {"overridden", overridden(row)},
          {"group", or_null(job.group)},
          {"gives_way", job.gives_way},
          {"duration_max_seconds", job.duration_max.count()},
          {"next_due_at", stamp_or_null(next_due(job, row, now))},
          {"requested_at", stamp_or_null(row.requested_at)},
          {"again_at", stamp_or_null(row.again_at)},
          {"hub", or_null(row.owner)},
          {"last_due_at", stamp_or_null(row.last_due_at)},
          {"last_started_at", stamp_or_null(row.last_started_at)},
          {"last_finished_at", stamp_or_null(row.last_finished_at)},
          {"last_success_at", stamp_or_null(row.last_success_at)},
          {"last_status", or_null(row.last_status)},
          {"last_error", or_null(row.last_error)},
          {"last_exit_code", or_null(row.last_exit_code)},
          {"last_missed", row.last_missed},
          {"runs", row.runs}};
}

Result<void> change_schedule(const run::Job& job, run::Schedule& row, const std::string& body) {
  const auto json = ordered_json::parse(body, nullptr, false);
  if (!json.is_object() || json.empty())
    return fail(ErrorKind::rejected, {"the body must be an object with what is to be changed",
                                      "请求体必须是包含修改项的对象"});
  run::Schedule changed = row;
  for (const auto& [field, value] : json.items())
    if (Result<void> taken = take_field(field, value, changed); !taken) return taken;
  if (Result<run::Timing> timing = run::Timing::make(changed.rule_for(job)); !timing) {
    Error error = std::move(timing).error();
    error.kind = ErrorKind::rejected;
    return fail(std::move(error));
  }
  row = std::move(changed);
  return {};
}

}  // namespace tidemark::api
