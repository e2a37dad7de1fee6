#include "cli/deliveries_command.h"

#include <array>

#include "cli/hub_output.h"
#include "cli/list_limit.h"
#include "cli/replay_command.h"
#include "cli/running_hub.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view listed_usual = "50";

constexpr std::array columns = {
    HubColumn{"id", {"ID", "ID"}},
    HubColumn{"event_type", {"EVENT", "事件"}},
    HubColumn{"voucher_id", {"VOUCHER", "凭证"}},
    HubColumn{"target_system", {"TARGET", "目标系统"}},
    HubColumn{"status", {"STATUS", "状态"}},
    HubColumn{"attempts", {"ATTEMPTS", "尝试"}},
    HubColumn{"last_error", {"ERROR", "错误"}},
    HubColumn{"next_attempt_at", {"NEXT (UTC)", "下次尝试 (UTC)"}},
};
constexpr std::array attempt_columns = {
    HubColumn{"attempt", {"#", "#"}},
    HubColumn{"started_at", {"STARTED (UTC)", "开始 (UTC)"}},
    HubColumn{"latency_ms", {"MS", "毫秒"}},
    HubColumn{"status_code", {"HTTP", "HTTP"}},
    HubColumn{"error_code", {"ERROR", "错误"}},
    HubColumn{"response", {"RESPONSE", "响应"}},
};

/// The flags that say which deliveries, named as the API's parameters.
std::vector<Flag> filter_flags() {
  const auto flag = [](std::string_view names, std::string_view placeholder, Wording text) {
    return Flag{.names = names, .kind = FlagKind::value, .placeholder = placeholder, .text = text};
  };
  return {server_flag(),
          flag("--subscription", "ID", {"Of this subscription", "所属订阅"}),
          flag("--voucher", "ID", {"Of this voucher", "所属凭证"}),
          flag("--event", "ID", {"Of this event", "所属事件"}),
          flag("--target", "NAME", {"To this target system", "目标系统"}),
          flag("--error", "CODE",
               {"Last failed with this code: HTTP_503, ECONNREFUSED",
                "最近的错误码：HTTP_503、ECONNREFUSED"}),
          flag("--since", "TIME",
               {"Published since: 24h, 2026-01-15T08:30:00Z",
                "发布时间不早于：24h、2026-01-15T08:30:00Z"}),
          flag("--until", "TIME", {"Published before", "发布时间早于"})};
}

relay::HubClient::Query given_filter(const Context& context) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> names = {
      {{"--status", "status"},
       {"--subscription", "subscription_id"},
       {"--voucher", "voucher_id"},
       {"--event", "event_id"},
       {"--target", "target_system"},
       {"--error", "error"},
       {"--since", "since"},
       {"--until", "until"}}};
  relay::HubClient::Query query;
  for (const auto& [flag, parameter] : names)
    query.emplace_back(parameter, context.arguments.value(flag).value_or(""));
  return query;
}

std::string delivery_path(const Context& context) {
  return "/api/v1/deliveries/" + path_segment(context.arguments.positional("ID").value_or(""));
}

Result<ExitCode> list(Context& context) {
  const Result<std::int64_t> limit = given_limit(context, listed_usual);
  if (!limit) return fail(limit.error());
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto rows = all_rows(*hub, "/api/v1/deliveries", given_filter(context), *limit);
  if (!rows) return fail(rows.error());
  show_rows(context, *rows, columns, {"no deliveries", "没有投递"});
  return ExitCode::done;
}

Result<ExitCode> show(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  auto answer = hub->get(delivery_path(context));
  if (!answer) return fail(std::move(answer));
  if (context.json) {
    context.world.out.json(*answer);
    return ExitCode::done;
  }
  const ordered_json attempts = (*answer)["attempt_log"];
  answer->erase("attempt_log");
  show_object(context, *answer);
  context.world.out.line("");
  show_rows(context, attempts, attempt_columns, {"not tried yet", "尚未尝试"});
  return ExitCode::done;
}

/// Everything the filter finds, a thousand a request.
Result<ExitCode> retry_found(Context& context, relay::HubClient& hub) {
  ordered_json body = ordered_json::object();
  for (const auto& [name, value] : given_filter(context))
    if (!value.empty()) body[name] = value;
  if (body.empty())
    return fail(make_error(ErrorKind::usage, {"which deliveries? Name one, or give a filter",
                                              "要重试哪些投递？请给出 ID 或筛选条件"})
                    .with_hint({"all that wait for a person: --status parked",
                                "所有待人工处理的：--status parked"}));
  std::int64_t retried = 0;
  bool more = true;
  while (more && !context.world.stop.requested()) {
    const auto answer = hub.post("/api/v1/deliveries/retry", body.dump());
    if (!answer) return fail(answer.error());
    retried += answer->value("retried", std::int64_t{0});
    more = answer->value("has_more", false);
    const auto next = answer->find("next_cursor");
    if (next == answer->end() || !next->is_string()) break;  // A hub that is older than this tool.
    body["cursor"] = *next;
  }
  if (context.json) context.world.out.json({{"retried", retried}, {"has_more", more}});
  context.print(say({"deliveries that are tried again now: {}", "已重新投递：{} 条"}, retried));
  if (!more) return ExitCode::done;
  context.print(say({"there are more: ask again", "还有剩余，请再次执行"}));
  return context.world.stop.requested() ? exit_code_for(context.world.stop) : ExitCode::partial;
}

Result<ExitCode> retry(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  if (!context.arguments.positional("ID")) return retry_found(context, *hub);
  const auto answer = hub->post(delivery_path(context) + "/retry");
  if (!answer) return fail(answer.error());
  show_object(context, *answer);
  return ExitCode::done;
}

Result<ExitCode> cancel(Context& context) {
  return ask_and_show(
      context, [&](relay::HubClient& hub) { return hub.post(delivery_path(context) + "/cancel"); });
}

}  // namespace

Command deliveries_command() {
  std::vector<Flag> list_flags = filter_flags();
  list_flags.push_back({.names = "--status",
                        .kind = FlagKind::value,
                        .choices = "pending|delivering|retrying|delivered|parked|held|cancelled",
                        .text = {"Where they stand", "状态"}});
  std::vector<Flag> retry_flags = filter_flags();
  retry_flags.push_back({.names = "--status",
                         .kind = FlagKind::value,
                         .choices = "parked|retrying|cancelled",
                         .fallback = "parked",
                         .text = {"Where they stand", "状态"}});
  list_flags.push_back(limit_flag(listed_usual));
  const Positional id{.name = "ID", .text = {"Its id: sub_…-42", "投递 ID：sub_…-42"}};
  Positional optional_id = id;
  optional_id.required = false;
  return {
      .name = "deliveries",
      .summary = {"Which event reached whom, and repairs", "查看投递状态并修复"},
      .children = {{.name = "list",
                    .summary = {"List deliveries, the newest first", "列出投递，最新的在前"},
                    .flags = list_flags,
                    .examples = {{"tidemark deliveries list --status parked",
                                  {"What waits for a person", "查看待人工处理的投递"}}},
                    .run = list},
                   command_of_one("show", id,
                                  {"Show one delivery with all its attempts and its body",
                                   "显示一次投递的全部尝试和正文"},
                                  {"tidemark deliveries show sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C-42",
                                   {"Why does it not arrive?", "为什么没有送达？"}},
                                  show),
                   {.name = "retry",
                    .summary = {"Try again now: one delivery, or all that a filter finds",
                                "立即重试：单个投递，或筛选出的全部投递"},
                    .flags = retry_flags,
                    .positionals = {optional_id},
                    .examples = {{"tidemark deliveries retry --error HTTP_422 --since 24h",
                                  {"After the receiver was mended", "接收方修复之后"}}},
                    .run = retry},
                   command_of_one("cancel", id, {"Give a delivery up", "放弃一次投递"},
                                  {"tidemark deliveries cancel sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C-42",
                                   {"It is not tried any more", "不再重试"}},
                                  cancel),
                   replay_command("tidemark deliveries replay sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C "
                                  "--since 7d")},
  };
}

}  // namespace tidemark::cli
