#include "cli/subscriptions_command.h"

#include <array>

#include "base/atomic_file.h"
#include "cli/flag_value.h"
#include "cli/hub_output.h"
#include "cli/replay_command.h"
#include "cli/running_hub.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t settings_bytes_max = 1 << 20;

constexpr std::array columns = {
    HubColumn{"id", {"ID", "ID"}},
    HubColumn{"name", {"NAME", "名称"}},
    HubColumn{"target_system", {"TARGET", "目标系统"}},
    HubColumn{"state", {"STATE", "状态"}},
    HubColumn{"mode", {"MODE", "模式"}},
    HubColumn{"event_types", {"EVENTS", "事件"}},
    HubColumn{"url", {"URL", "URL"}},
};

std::string path_of(const Context& context, std::string_view action = "") {
  return "/api/v1/subscriptions/" + path_segment(context.arguments.positional("ID").value_or("")) +
         std::string(action);
}

/// What --settings (a file of JSON, as in the API) and the flags over it say.
Result<ordered_json> given_fields(const Context& context) {
  ordered_json body = ordered_json::object();
  if (const auto file = context.arguments.value("--settings")) {
    const auto text = read_file(*file, settings_bytes_max);
    if (!text) return fail(text.error());
    body = ordered_json::parse(*text, nullptr, false);
    if (!body.is_object())
      return fail(ErrorKind::usage, {"{} is no JSON object", "{} 不是 JSON 对象"}, *file);
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> names = {
      {{"--name", "name"}, {"--target", "target_system"}, {"--url", "url"}, {"--mode", "mode"}}};
  for (const auto& [flag, member] : names)
    if (const auto value = context.arguments.value(flag)) body[std::string(member)] = *value;
  if (context.arguments.has("--event-type"))
    body["event_types"] = context.arguments.values("--event-type");
  return body;
}

Result<ExitCode> list(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->get("/api/v1/subscriptions");
  if (!answer) return fail(answer.error());
  show_rows(context, (*answer)["data"], columns, {"no subscriptions", "没有订阅"});
  return ExitCode::done;
}

Result<ExitCode> show(Context& context) {
  return ask_and_show(context, [&](relay::HubClient& hub) { return hub.get(path_of(context)); });
}

Result<ExitCode> create(Context& context) {
  Result<ordered_json> body = given_fields(context);
  if (!body) return fail(std::move(body));
  if (const auto file = context.arguments.value("--secret-file")) {
    const auto secret = config::read_value_file(*file);
    if (!secret) return fail(secret.error());
    (*body)["secret"] = *secret;
  }
  auto made = ask_and_show(context, [&](relay::HubClient& hub) {
    return hub.post("/api/v1/subscriptions", body->dump());
  });
  if (made)
    context.print({"The secret is shown only now; give it to the receiver.",
                   "密钥仅显示这一次，请交给接收方。"});
  return made;
}

Result<ExitCode> update(Context& context) {
  Result<ordered_json> body = given_fields(context);
  if (!body) return fail(std::move(body));
  if (body->empty())
    return fail(ErrorKind::usage, {"nothing to change: give a flag or --settings FILE",
                                   "没有要修改的内容：请给出参数或 --settings 文件"});
  return ask_and_show(
      context, [&](relay::HubClient& hub) { return hub.patch(path_of(context), body->dump()); });
}

Result<ExitCode> remove(Context& context) {
  const std::string id = context.arguments.positional("ID").value_or("");
  const Result<bool> sure = context.confirm(
      say({"Delete {}? What it has not got yet is cancelled.", "删除 {}？尚未送达的投递将被取消。"},
          id));
  if (!sure) return fail(sure.error());
  if (!*sure) return ExitCode::failed;
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->remove(path_of(context));
  if (!answer) return fail(answer.error());
  if (context.json) context.world.out.json({{"id", id}, {"deleted", true}});
  context.print(say({"deleted: {}", "已删除：{}"}, id));
  return ExitCode::done;
}

Result<ExitCode> pause(Context& context) {
  return ask_and_show(context,
                      [&](relay::HubClient& hub) { return hub.post(path_of(context, "/pause")); });
}

Result<ExitCode> resume(Context& context) {
  return ask_and_show(context,
                      [&](relay::HubClient& hub) { return hub.post(path_of(context, "/resume")); });
}

Result<ExitCode> test(Context& context) {
  return ask_and_show(context,
                      [&](relay::HubClient& hub) { return hub.post(path_of(context, "/test")); });
}

Result<ExitCode> rotate(Context& context) {
  ordered_json body = ordered_json::object();
  if (const auto file = context.arguments.value("--secret-file")) {
    const auto secret = config::read_value_file(*file);
    if (!secret) return fail(secret.error());
    body["secret"] = *secret;
  }
  const auto hours = count_flag(context.arguments, "--overlap-hours");
  if (!hours) return fail(hours.error());
  if (*hours) body["overlap_hours"] = **hours;
  return ask_and_show(context, [&](relay::HubClient& hub) {
    return hub.post(path_of(context, "/rotate-secret"), body.dump());
  });
}

std::vector<Flag> field_flags() {
  return {
      server_flag(),
      {.names = "--name",
       .kind = FlagKind::value,
       .placeholder = "NAME",
       .text = {"Its name, for people", "名称"}},
      {.names = "--target",
       .kind = FlagKind::value,
       .placeholder = "NAME",
       .text = {"Target system, as in sync_target_systems", "目标系统，对应 sync_target_systems"}},
      {.names = "--url",
       .kind = FlagKind::value,
       .placeholder = "URL",
       .text = {"Where events are sent", "接收事件的地址"}},
      {.names = "--event-type",
       .kind = FlagKind::repeated,
       .placeholder = "TYPE",
       .text = {"Which events: l1_confirmed, invoice.*, *",
                "事件类型：l1_confirmed、invoice.*、*"}},
      {.names = "--mode",
       .kind = FlagKind::value,
       .choices = "realtime|batch",
       .text = {"At once, or many in one request", "实时或批量"}},
      {.names = "--settings",
       .kind = FlagKind::value,
       .placeholder = "FILE",
       .text = {"JSON with any fields of the API; flags count before it",
                "包含 API 任意字段的 JSON 文件；命令行参数优先"}}};
}

Flag secret_flag() {
  return {.names = "--secret-file",
          .kind = FlagKind::value,
          .placeholder = "FILE",
          .text = {"A file with the secret; without it one is made", "密钥文件；不提供则自动生成"}};
}

const Positional id{.name = "ID", .text = {"Its id", "订阅 ID"}};

}  // namespace

Command subscriptions_command() {
  std::vector<Flag> create_flags = field_flags();
  create_flags.push_back(secret_flag());
  return {
      .name = "subscriptions",
      .summary = {"Who gets which events, and where", "管理订阅：谁在何处接收哪些事件"},
      .children =
          {{.name = "list",
            .summary = {"List all subscriptions", "列出所有订阅"},
            .flags = {server_flag()},
            .examples = {{"tidemark subscriptions list", {"All of them", "全部订阅"}}},
            .run = list},
           command_of_one("show", id, {"Show one subscription", "显示一个订阅"},
                          {"tidemark subscriptions show sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                           {"Its settings and its state", "查看设置与状态"}},
                          show),
           {.name = "create",
            .summary = {"Make a subscription; its secret is shown once",
                        "创建订阅，密钥只显示一次"},
            .flags = create_flags,
            .examples = {{"tidemark subscriptions create --name tax --target tax_refund --url "
                          "https://tax.example.com/hook --event-type l1_confirmed",
                          {"Deliver confirmed vouchers to the tax system",
                           "把已确认的凭证投递给退税系统"}}},
            .run = create},
           {.name = "update",
            .summary = {"Change a subscription; it counts at once", "修改订阅，立即生效"},
            .flags = field_flags(),
            .positionals = {id},
            .examples = {{"tidemark subscriptions update sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C --mode "
                          "batch",
                          {"From now on in batches", "改为批量投递"}}},
            .run = update},
           command_of_one("delete", id, {"Delete a subscription", "删除订阅"},
                          {"tidemark subscriptions delete sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C --yes",
                           {"Without asking", "不再询问"}},
                          remove),
           command_of_one("pause", id,
                          {"Hold its deliveries; nothing is lost", "暂停投递，不会丢失"},
                          {"tidemark subscriptions pause sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                           {"While the receiver is being mended", "接收方维护期间"}},
                          pause),
           command_of_one("resume", id, {"Deliver again, what waits first", "恢复投递，先送积压"},
                          {"tidemark subscriptions resume sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                           {"The backlog is drained slowly", "积压会平缓送出"}},
                          resume),
           command_of_one("test", id, {"Send it a test event", "发送测试事件"},
                          {"tidemark subscriptions test sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                           {"Does the receiver verify the signature?", "接收方能否通过验签？"}},
                          test),
           {.name = "rotate-secret",
            .summary = {"Give it a new secret; the old one signs as well for a while",
                        "更换密钥，旧密钥在重叠期内仍会签名"},
            .flags = {server_flag(),
                      secret_flag(),
                      {.names = "--overlap-hours",
                       .kind = FlagKind::value,
                       .placeholder = "N",
                       .fallback = "24",
                       .text = {"How long both sign", "新旧密钥同时签名的小时数"}}},
            .positionals = {id},
            .examples = {{"tidemark subscriptions rotate-secret sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                          {"Both secrets sign for a day", "两个密钥并用一天"}}},
            .run = rotate},
           replay_command("tidemark subscriptions replay "
                          "sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C --since 7d")},
  };
}

}  // namespace tidemark::cli
