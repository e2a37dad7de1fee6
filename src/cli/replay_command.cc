#include "cli/replay_command.h"

#include <poll.h>

#include <array>

#include "base/log.h"
#include "cli/hub_output.h"
#include "cli/running_hub.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr int look_interval_ms = 500;

constexpr std::array columns = {
    HubColumn{"id", {"ID", "ID"}},
    HubColumn{"subscription_id", {"SUBSCRIPTION", "订阅"}},
    HubColumn{"status", {"STATUS", "状态"}},
    HubColumn{"done", {"DONE", "已完成"}},
    HubColumn{"total", {"TOTAL", "总数"}},
    HubColumn{"since", {"SINCE (UTC)", "开始 (UTC)"}},
    HubColumn{"until", {"UNTIL (UTC)", "截止 (UTC)"}},
};

std::string path_of(std::string_view id, std::string_view action = "") {
  return "/api/v1/replays/" + path_segment(id) + std::string(action);
}

std::string given_id(const Context& context) {
  return context.arguments.positional("ID").value_or("");
}

/// Shows a replay; with --wait once it has ended, and how far it is meanwhile.
Result<ExitCode> follow(const Context& context, relay::HubClient& hub, ordered_json replay) {
  const bool wait = context.arguments.has("--wait");
  const std::string id = replay.value("id", std::string());
  std::int64_t told = -1;
  while (wait && replay.value("status", "") == "running" && !context.world.stop.requested()) {
    const auto done = replay.value("done", std::int64_t{0});
    if (done != told)
      log_line(LogLevel::info, say({"{}: {} of {} events", "{}：{} / {} 个事件"}, id, done,
                                   replay.value("total", std::int64_t{0}))
                                   .in(context.language));
    told = done;
    static_cast<void>(::poll(nullptr, 0, look_interval_ms));
    Result<ordered_json> now = hub.get(path_of(id));
    if (!now) return fail(std::move(now));
    replay = std::move(*now);
  }
  show_object(context, replay);
  if (wait && context.world.stop.requested()) {
    context.print(say({"it goes on in the hub; stop it with: tidemark replays cancel {}",
                       "重放在 hub 中继续；如需停止：tidemark replays cancel {}"},
                      id));
    return exit_code_for(context.world.stop);
  }
  return wait && replay.value("status", "") != "done" ? ExitCode::failed : ExitCode::done;
}

Result<ExitCode> replay(Context& context) {
  ordered_json body{{"since", context.arguments.value("--since").value_or("")}};
  if (const auto until = context.arguments.value("--until")) body["until"] = *until;
  if (context.arguments.has("--event-type"))
    body["event_types"] = context.arguments.values("--event-type");
  const std::string path = "/api/v1/subscriptions/" + path_segment(given_id(context)) + "/replay";
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  body["dry_run"] = true;
  const auto plan = hub->post(path, body.dump());
  if (!plan) return fail(plan.error());
  if (context.arguments.has("--dry-run")) {
    show_object(context, *plan);
    return ExitCode::done;
  }
  const Result<bool> sure = context.confirm(say({"Send {} events again?", "重新发送 {} 个事件？"},
                                                plan->value("events", std::int64_t{0})));
  if (!sure) return fail(sure.error());
  if (!*sure) return ExitCode::failed;
  body["dry_run"] = false;
  Result<ordered_json> begun = hub->post(path, body.dump());
  if (!begun) return fail(std::move(begun));
  return follow(context, *hub, std::move(*begun));
}

Result<ExitCode> list(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->get("/api/v1/replays");
  if (!answer) return fail(answer.error());
  show_rows(context, (*answer)["data"], columns, {"no replays", "没有重放任务"});
  return ExitCode::done;
}

Result<ExitCode> show(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  Result<ordered_json> found = hub->get(path_of(given_id(context)));
  if (!found) return fail(std::move(found));
  return follow(context, *hub, std::move(*found));
}

Result<ExitCode> cancel(Context& context) {
  return ask_and_show(context, [&](relay::HubClient& hub) {
    return hub.post(path_of(given_id(context), "/cancel"));
  });
}

Flag wait_flag() {
  return {.names = "--wait",
          .text = {"Until it has ended; exit 1 if it was cancelled",
                   "等待其结束；如被取消则以 1 退出"}};
}

}  // namespace

Command replay_command(std::string_view example) {
  return {.name = "replay",
          .summary = {"Send again what was published since a time", "重新发送某时间以来发布的事件"},
          .about =
              {"Shows first how many events it is about, and asks. It runs in the hub, also after "
               "a restart; `tidemark replays` shows how far it is, and cancels it. An event that "
               "the subscription has had is sent again under its number; one that was published "
               "before the subscription was made gets a new number.",
               "先显示将要发送的事件数并确认。重放在 hub 中运行，重启后继续；用 `tidemark replays` "
               "查看进度或取消。已发过的事件沿用原序号再次发送，订阅创建之前的事件会得到新序号。"},
          .flags = {server_flag(),
                    {.names = "--since",
                     .kind = FlagKind::value,
                     .placeholder = "TIME",
                     .text = {"24h, or 2026-01-15T08:30:00Z", "24h 或 2026-01-15T08:30:00Z"}},
                    {.names = "--until",
                     .kind = FlagKind::value,
                     .placeholder = "TIME",
                     .text = {"Published before; else until now", "截止时间，默认到现在"}},
                    {.names = "--event-type",
                     .kind = FlagKind::repeated,
                     .placeholder = "TYPE",
                     .text = {"Only these", "只限这些类型"}},
                    {.names = "--dry-run", .text = {"Only count", "只计数"}},
                    wait_flag()},
          .positionals = {{.name = "ID", .text = {"The subscription's id", "订阅 ID"}}},
          .examples = {{example, {"After the receiver lost a week", "接收方丢失一周数据之后"}}},
          .run = replay};
}

Command replays_command() {
  const Positional id{.name = "ID", .text = {"Its id: rpl_…", "重放任务 ID：rpl_…"}};
  return {
      .name = "replays",
      .summary = {"What is being sent again, and how far it is", "查看和取消重放任务"},
      .children = {{.name = "list",
                    .summary = {"List replays, the newest first", "列出重放任务，最新的在前"},
                    .flags = {server_flag()},
                    .examples = {{"tidemark replays list", {"All of them", "全部任务"}}},
                    .run = list},
                   {.name = "show",
                    .summary = {"Show how far one is", "显示一个任务的进度"},
                    .flags = {server_flag(), wait_flag()},
                    .positionals = {id},
                    .examples = {{"tidemark replays show rpl_01JHZK7T0V8Q6W3E5R2Y9A4B1C --wait",
                                  {"Until it has ended", "等待其结束"}}},
                    .run = show},
                   command_of_one("cancel", id,
                                  {"Stop it; what was sent is sent", "停止任务，已发送的不撤回"},
                                  {"tidemark replays cancel rpl_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                                   {"It was the wrong week", "选错了时间段"}},
                                  cancel)},
  };
}

}  // namespace tidemark::cli
