#include "cli/schedule_command.h"

#include <array>

#include "cli/flag_value.h"
#include "cli/hub_output.h"
#include "cli/running_hub.h"
#include "cli/schedule_files.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::array columns = {
    HubColumn{"name", {"JOB", "任务"}},          HubColumn{"state", {"STATE", "状态"}},
    HubColumn{"cron", {"CRON", "CRON"}},         HubColumn{"time_zone", {"ZONE", "时区"}},
    HubColumn{"next_due_at", {"NEXT", "下次"}},  HubColumn{"last_started_at", {"LAST", "上次"}},
    HubColumn{"last_status", {"RESULT", "结果"}}};

std::string path_of(const Context& context, std::string_view action = "") {
  return "/api/v1/schedules/" + path_segment(context.arguments.positional("NAME").value_or("")) +
         std::string(action);
}

/// Times to the minute are enough in a table.
ordered_json short_times(ordered_json rows) {
  constexpr std::size_t minute_length = std::string_view("2026-01-15T08:30").size();
  for (ordered_json& row : rows)
    for (const char* member : {"next_due_at", "last_started_at"})
      if (row[member].is_string())
        row[member] = row[member].get<std::string>().substr(0, minute_length) + 'Z';
  return rows;
}

Result<ExitCode> list(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  auto answer = hub->get("/api/v1/schedules");
  if (!answer) return fail(std::move(answer));
  ordered_json rows = std::move((*answer)["data"]);
  show_rows(context, context.json ? rows : short_times(rows), columns, {"no jobs", "没有任务"});
  return ExitCode::done;
}

Result<ExitCode> show(Context& context) {
  return ask_and_show(context, [&](relay::HubClient& hub) { return hub.get(path_of(context)); });
}

Result<ExitCode> run_now(Context& context) {
  return ask_and_show(context,
                      [&](relay::HubClient& hub) { return hub.post(path_of(context, "/run")); });
}

Result<ExitCode> set_paused(Context& context, bool paused) {
  const std::string body = ordered_json{{"paused", paused}}.dump();
  return ask_and_show(context,
                      [&](relay::HubClient& hub) { return hub.patch(path_of(context), body); });
}

Result<ExitCode> pause(Context& context) { return set_paused(context, true); }
Result<ExitCode> resume(Context& context) { return set_paused(context, false); }

Result<ExitCode> set(Context& context) {
  ordered_json body = ordered_json::object();
  if (context.arguments.has("--reset"))
    body = {{"cron", nullptr}, {"time_zone", nullptr}, {"jitter_seconds", nullptr}};
  if (const auto cron = context.arguments.value("--cron")) body["cron"] = *cron;
  if (const auto zone = context.arguments.value("--time-zone")) body["time_zone"] = *zone;
  const auto jitter = count_flag(context.arguments, "--jitter-seconds");
  if (!jitter) return fail(jitter.error());
  if (*jitter) body["jitter_seconds"] = **jitter;
  if (body.empty())
    return fail(ErrorKind::usage, {"nothing to change: give --cron, --time-zone, --jitter-seconds "
                                   "or --reset",
                                   "没有要修改的内容：请给出 --cron、--time-zone、"
                                   "--jitter-seconds 或 --reset"});
  return ask_and_show(
      context, [&](relay::HubClient& hub) { return hub.patch(path_of(context), body.dump()); });
}

const Positional job_name{.name = "NAME", .text = {"Its name, as listed", "任务名，见列表"}};

}  // namespace

Command schedule_command() {
  Command set_command = command_of_one(
      "set", job_name, {"Change when a job is due; it counts at once", "修改运行时间，立即生效"},
      {"tidemark schedule set load-orders --cron '*/10 8-22 * * *'",
       {"Every ten minutes of the day, by the job's zone", "白天每十分钟一次（按任务的时区）"}},
      set);
  set_command.flags.push_back({.names = "--cron",
                               .kind = FlagKind::value,
                               .placeholder = "EXPRESSION",
                               .text = {"Minute, hour, day of the month, month, day of the week",
                                        "分钟、小时、日、月、星期"}});
  set_command.flags.push_back(
      {.names = "--time-zone",
       .kind = FlagKind::value,
       .placeholder = "ZONE",
       .text = {"Asia/Shanghai, UTC, +08:00", "如 Asia/Shanghai、UTC、+08:00"}});
  set_command.flags.push_back(
      {.names = "--jitter-seconds",
       .kind = FlagKind::value,
       .placeholder = "N",
       .text = {"It begins up to so much later, by chance", "随机推迟开始的最长秒数"}});
  set_command.flags.push_back(
      {.names = "--reset", .text = {"Back to the configuration", "恢复为配置值"}});
  return {
      .name = "schedule",
      .summary = {"What a hub runs by itself, and when", "查看和控制 hub 的计划任务"},
      .children = {{.name = "list",
                    .summary = {"List all jobs", "列出所有任务"},
                    .flags = {server_flag()},
                    .examples = {{"tidemark schedule list",
                                  {"What runs, what ran, what comes next", "运行情况与下次时间"}}},
                    .run = list},
                   command_of_one("show", job_name, {"Show one job", "显示一个任务"},
                                  {"tidemark schedule show load-orders",
                                   {"Its rule and its last run", "查看规则与上次运行"}},
                                  show),
                   command_of_one("run", job_name, {"Run a job now", "立即运行"},
                                  {"tidemark schedule run load-orders-rescan",
                                   {"Not waiting for its time", "不等到预定时间"}},
                                  run_now),
                   command_of_one("pause", job_name,
                                  {"Hold a job; what is due meanwhile is not made up for",
                                   "暂停任务；暂停期间错过的不补"},
                                  {"tidemark schedule pause load-history",
                                   {"While the shop's limit is needed for something else",
                                    "需要把接口配额留给别的用途时"}},
                                  pause),
                   command_of_one("resume", job_name, {"Let a job run again", "恢复任务"},
                                  {"tidemark schedule resume load-history",
                                   {"From its next time on", "从下一个预定时间起"}},
                                  resume),
                   std::move(set_command),
                   crontab_command(),
                   systemd_command()},
  };
}

}  // namespace tidemark::cli
