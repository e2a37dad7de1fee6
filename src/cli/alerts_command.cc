#include "cli/alerts_command.h"

#include <array>

#include "cli/hub_output.h"
#include "cli/running_hub.h"
#include "config/value.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::array rule_columns = {
    HubColumn{"rule", {"RULE", "规则"}},      HubColumn{"state", {"STATE", "状态"}},
    HubColumn{"value_text", {"NOW", "当前"}}, HubColumn{"threshold_text", {"ON WHEN", "告警条件"}},
    HubColumn{"since", {"SINCE", "开始"}},    HubColumn{"muted_until", {"MUTED UNTIL", "静默至"}},
    HubColumn{"detail", {"WHERE", "位置"}},
};
constexpr std::array channel_columns = {
    HubColumn{"channel", {"CHANNEL", "渠道"}},
    HubColumn{"levels", {"LEVELS", "级别"}},
    HubColumn{"waiting", {"WAITING", "待发"}},
    HubColumn{"last_sent_at", {"LAST SENT (UTC)", "最近发送 (UTC)"}},
    HubColumn{"last_error", {"LAST ERROR", "最近错误"}},
};
constexpr std::array test_columns = {
    HubColumn{"channel", {"CHANNEL", "渠道"}},
    HubColumn{"sent", {"SENT", "已发送"}},
    HubColumn{"error", {"ERROR", "错误"}},
};

Result<ExitCode> list(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->get("/api/v1/alerts");
  if (!answer) return fail(answer.error());
  show_rows(context, (*answer)["data"], rule_columns, {"every rule is off", "所有规则均已关闭"});
  return ExitCode::done;
}

Result<ExitCode> channels(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->get("/api/v1/alerts");
  if (!answer) return fail(answer.error());
  show_rows(context, (*answer)["channels"], channel_columns,
            {"no channel is configured", "未配置告警渠道"});
  return ExitCode::done;
}

Result<ExitCode> test(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  ordered_json body = ordered_json::object();
  if (const auto channel = context.arguments.positional("CHANNEL")) body["channel"] = *channel;
  const auto answer = hub->post("/api/v1/alerts/test", body.dump());
  if (!answer) return fail(answer.error());
  const ordered_json& rows = (*answer)["data"];
  show_rows(context, rows, test_columns, {"no channel is configured", "未配置告警渠道"});
  std::size_t failed = 0;
  for (const ordered_json& row : rows)
    if (!row.value("sent", false)) ++failed;
  if (failed == 0) return ExitCode::done;
  return failed == rows.size() ? ExitCode::failed : ExitCode::partial;
}

Result<ExitCode> mute(Context& context) {
  const std::string span = context.arguments.value("--for").value_or("1h");
  const auto duration = config::parse_duration(span);
  if (!duration)
    return fail(ErrorKind::usage,
                {"--for is a duration such as 2h, not '{}'", "--for 是时长，例如 2h，不能是“{}”"},
                span);
  ordered_json body{{"alert", context.arguments.positional("ALERT").value_or("")},
                    {"for_seconds", std::chrono::ceil<std::chrono::seconds>(*duration).count()}};
  if (const auto reason = context.arguments.value("--reason")) body["reason"] = *reason;
  return ask_and_show(context, [&body](relay::HubClient& hub) {
    return hub.post("/api/v1/alerts/mute", body.dump());
  });
}

Result<ExitCode> unmute(Context& context) {
  const ordered_json body{{"alert", context.arguments.positional("ALERT").value_or("")}};
  return ask_and_show(context, [&body](relay::HubClient& hub) {
    return hub.post("/api/v1/alerts/unmute", body.dump());
  });
}

const Positional alert_name{
    .name = "ALERT",
    .text = {"backlog, parked_rejected, … as listed without its level; or all",
             "告警名，如 backlog、parked_rejected（规则名去掉级别）；all 表示全部"}};

}  // namespace

Command alerts_command() {
  return {
      .name = "alerts",
      .summary = {"What a hub watches, and whom it tells", "查看和控制 hub 的告警"},
      .about = {"Rules and channels are set in the configuration ([alert]).",
                "规则和渠道在配置中设置（[alert]）。"},
      .children =
          {{.name = "list",
            .summary = {"List all rules with the figures of now", "列出所有规则与当前指标"},
            .flags = {server_flag()},
            .examples = {{"tidemark alerts list", {"What is on, and since when", "查看当前告警"}}},
            .run = list},
           {.name = "channels",
            .summary = {"List the channels, and how their last message went",
                        "列出告警渠道及最近发送情况"},
            .flags = {server_flag()},
            .examples = {{"tidemark alerts channels", {"Do they work?", "渠道是否正常"}}},
            .run = channels},
           {.name = "test",
            .summary = {"Send a test message and show what the robot answers",
                        "发送测试消息并显示机器人的应答"},
            .flags = {server_flag()},
            .positionals =
                {{.name = "CHANNEL",
                  .required = false,
                  .text = {"dingtalk, wecom, feishu, email, sms or phone; without it all",
                           "dingtalk、wecom、feishu、email、sms、phone；省略则全部"}}},
            .examples = {{"tidemark alerts test dingtalk",
                          {"After its settings were changed", "修改设置后验证"}}},
            .run = test},
           {.name = "mute",
            .summary = {"Tell nobody of an alert for some time", "在一段时间内不发送某个告警"},
            .flags = {server_flag(),
                      {.names = "--for",
                       .kind = FlagKind::value,
                       .placeholder = "DURATION",
                       .fallback = "1h",
                       .text = {"How long, at most 30d", "时长，最长 30d"}},
                      {.names = "--reason",
                       .kind = FlagKind::value,
                       .placeholder = "TEXT",
                       .text = {"Why, for the others", "原因，供他人查看"}}},
            .positionals = {alert_name},
            .examples = {{"tidemark alerts mute backlog --for 2h --reason 'receiver is upgraded'",
                          {"For a planned outage", "计划内停机"}}},
            .run = mute},
           {.name = "unmute",
            .summary = {"Tell of it again; what is on still is told at once",
                        "恢复发送；仍在持续的告警会立即发送"},
            .flags = {server_flag()},
            .positionals = {alert_name},
            .examples = {{"tidemark alerts unmute backlog", {"Before its time", "提前恢复"}}},
            .run = unmute}},
  };
}

}  // namespace tidemark::cli
