#include "cli/stream_refusals_command.h"

#include <array>

#include "base/atomic_file.h"
#include "cli/hub_output.h"
#include "cli/list_limit.h"
#include "cli/running_hub.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t mended_bytes_max = std::size_t{64} << 20;  // The most that serve.body_max is.
/// Reads the standard input.
constexpr std::string_view stdin_path = "/dev/stdin";

constexpr std::string_view listed_usual = "50";

constexpr std::array columns = {
    HubColumn{"id", {"ID", "ID"}},
    HubColumn{"refused_at", {"REFUSED (UTC)", "拒绝时间 (UTC)"}},
    HubColumn{"reason", {"REASON", "原因"}},
};
constexpr std::array field_columns = {
    HubColumn{"name", {"FIELD", "字段"}},
    HubColumn{"value", {"VALUE", "内容"}},
};

std::string given_id(const Context& context) {
  return context.arguments.positional("ID").value_or("");
}

std::string path_of(const Context& context, std::string_view action = "") {
  return "/api/v1/stream-refusals/" + path_segment(given_id(context)) + std::string(action);
}

Result<ExitCode> list(Context& context) {
  const Result<std::int64_t> limit = given_limit(context, listed_usual);
  if (!limit) return fail(limit.error());
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto given = [&context](std::string_view flag) {
    return context.arguments.value(flag).value_or("");
  };
  const auto rows = all_rows(
      *hub, "/api/v1/stream-refusals",
      {{"stream", given("--stream")}, {"since", given("--since")}, {"until", given("--until")}},
      *limit);
  if (!rows) return fail(rows.error());
  show_rows(context, *rows, columns,
            {"no entry of a stream waits for somebody", "没有等待人工处理的 Stream 条目"});
  return ExitCode::done;
}

Result<ExitCode> show(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  auto answer = hub->get(path_of(context));
  if (!answer) return fail(std::move(answer));
  if (context.json) {
    context.world.out.json(*answer);
    return ExitCode::done;
  }
  auto fields = ordered_json::array();
  for (const auto& [name, value] : (*answer)["fields"].items())
    fields.push_back({{"name", name}, {"value", value}});
  answer->erase("fields");
  show_object(context, *answer);
  context.world.out.line("");
  show_rows(context, fields, field_columns, {"it has no fields", "没有字段"});
  return ExitCode::done;
}

Result<ExitCode> publish(Context& context) {
  std::string body;
  if (const auto file = context.arguments.value("--mended")) {
    auto text = read_file(*file == "-" ? std::string(stdin_path) : *file, mended_bytes_max);
    if (!text) return fail(std::move(text));
    body = std::move(*text);
    if (body.find_first_not_of(" \t\r\n") == std::string::npos)
      return fail(ErrorKind::usage,
                  {"{} is empty: it should hold the mended voucher or event",
                   "{} 是空的：应包含修正后的凭证或事件"},
                  *file);
  }
  return ask_and_show(
      context, [&](relay::HubClient& hub) { return hub.post(path_of(context, "/publish"), body); });
}

Result<ExitCode> forget(Context& context) {
  const std::string id = given_id(context);
  const Result<bool> sure = context.confirm(
      say({"Forget {}? It is not published then.", "删除 {}？删除后不会再发布。"}, id));
  if (!sure) return fail(sure.error());
  if (!*sure) return ExitCode::failed;
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->remove(path_of(context));
  if (!answer) return fail(answer.error());
  if (context.json) context.world.out.json({{"id", id}, {"forgotten", true}});
  context.print(say({"forgotten: {}", "已删除：{}"}, id));
  return ExitCode::done;
}

const Positional id{.name = "ID",
                    .text = {"Its id, as listed: ENTRY@STREAM", "条目 ID，见列表：ENTRY@STREAM"}};

std::vector<Flag> list_flags() {
  const auto flag = [](std::string_view names, std::string_view placeholder, Wording text) {
    return Flag{.names = names, .kind = FlagKind::value, .placeholder = placeholder, .text = text};
  };
  return {server_flag(), flag("--stream", "NAME", {"Of this stream", "所属 Stream"}),
          flag("--since", "TIME",
               {"Refused since: 24h, 2026-01-15T08:30:00Z",
                "拒绝时间不早于：24h、2026-01-15T08:30:00Z"}),
          flag("--until", "TIME", {"Refused before", "拒绝时间早于"}), limit_flag(listed_usual)};
}

}  // namespace

Command stream_refusals_command() {
  Command publish_one = command_of_one(
      "publish", id,
      {"Publish an entry, as it was kept or mended, and forget it here",
       "发布条目（原样或修正后），并从这里移除"},
      {"tidemark stream-refusals publish 1768465802000-0@tidemark:vouchers --mended voucher.json",
       {"In place of the one that was wrong", "用修正后的内容代替"}},
      publish);
  publish_one.about = {
      "Without --mended the entry is published as it was kept: once what it was refused for is "
      "mended elsewhere, say serve.body_max. An object with `event` is an event, any other a "
      "voucher, as for `tidemark publish`.",
      "不带 --mended 时按保存的内容原样发布：适用于拒绝原因已在别处消除的情况，例如调大了 "
      "serve.body_max。与 `tidemark publish` 相同，含 `event` 的对象是事件，其余是凭证。"};
  publish_one.flags.push_back({.names = "--mended",
                               .kind = FlagKind::value,
                               .placeholder = "FILE",
                               .text = {"What is published instead; `-`: standard input",
                                        "代替发布的内容；`-` 表示标准输入"}});
  return {
      .name = "stream-refusals",
      .summary = {"Entries of the Redis stream that could not be published",
                  "无法发布的 Redis Stream 条目"},
      .about = {"What a hub reads from its stream and can never publish (no JSON, a field that is "
                "wrong, a version with other content) it keeps with the reason, so that nothing is "
                "lost: mend and publish it, or forget it.",
                "hub 从 Stream 读到但无法发布的条目（不是 JSON、字段有误、同一版本内容不同）会连同"
                "原因保存下来，不会丢失：修正后发布，或删除。"},
      .children = {{.name = "list",
                    .summary = {"List them, the oldest of each stream first",
                                "列出条目，每个 Stream 中最早的在前"},
                    .flags = list_flags(),
                    .examples = {{"tidemark stream-refusals list --since 24h",
                                  {"Those of the last day", "最近一天的"}}},
                    .run = list},
                   command_of_one("show", id, {"Show one with its fields", "显示条目及其字段"},
                                  {"tidemark stream-refusals show "
                                   "1768465802000-0@tidemark:vouchers",
                                   {"What did the business system write?", "业务系统写了什么？"}},
                                  show),
                   std::move(publish_one),
                   command_of_one("forget", id,
                                  {"Forget an entry that nobody needs", "删除不再需要的条目"},
                                  {"tidemark stream-refusals forget "
                                   "1768465802000-0@tidemark:vouchers --yes",
                                   {"Without asking", "不再询问"}},
                                  forget)},
  };
}

}  // namespace tidemark::cli
