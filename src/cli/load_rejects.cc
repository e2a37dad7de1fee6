#include "cli/load_rejects.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "cli/context.h"
#include "cli/list_limit.h"
#include "cli/load_settings.h"
#include "cli/text_table.h"
#include "load/reject_store.h"
#include "load/row_sql.h"
#include "load/stream_kind.h"

namespace tidemark::cli {
namespace {

using load::SetAside;

constexpr std::string_view listed_usual = "100";
constexpr std::size_t reason_columns_max = 60;

void print_table(const Context& context, const std::vector<SetAside>& rows) {
  if (rows.empty()) {
    context.print(say({"no rejects", "没有被拒收的行"}));
    return;
  }
  const auto word = [&](Wording wording) { return std::string(wording.in(context.language)); };
  TextTable table(std::vector(6, TextTable::Align::left));
  table.add({word({"PLATFORM", "平台"}), word({"STREAM", "数据流"}), word({"ID", "编号"}),
             word({"LAST (UTC)", "最近一次（UTC）"}), word({"STATE", "状态"}),
             word({"REASON", "原因"})});
  for (const SetAside& row : rows)
    table.add({printable(row.platform), row.stream, printable(row.id),
               load::utc_text(row.rejected_at).substr(0, 19),
               row.accepted ? word({"accepted", "已接受"}) : word({"open", "未处理"}),
               fit_width(printable(row.reason.in(context.language)), reason_columns_max)});
  context.world.out.write(table.text());
}

void print_json(const Context& context, const std::vector<SetAside>& rows,
                const load::RejectCounts& counts) {
  for (const SetAside& row : rows)
    context.world.out.json({{"message_type", "reject"},
                            {"platform", row.platform},
                            {"stream", row.stream},
                            {"id", row.id},
                            {"reason", row.reason.en},
                            {"rejected_at", load::utc_text(row.rejected_at)},
                            {"accepted", row.accepted}});
  context.world.out.json({{"message_type", "summary"},
                          {"command", "load rejects list"},
                          {"rejects_open", counts.open},
                          {"rejects_accepted", counts.accepted},
                          {"exit_code", 0}});
}

Result<ExitCode> list(Context& context) {
  const Result<std::int64_t> limit = given_limit(context, listed_usual);
  if (!limit) return fail(limit.error());
  const Result<std::unique_ptr<sql::Connection>> connection =
      migrated_warehouse(context, WarehouseUse::change);
  if (!connection) return fail(connection.error());
  const Result<std::vector<SetAside>> rows = load::rows_set_aside(**connection, *limit);
  if (!rows) return fail(rows.error());
  if (!context.json) {
    print_table(context, *rows);
    return ExitCode::done;
  }
  const Result<load::RejectCounts> counts = load::count_rejects(**connection);
  if (!counts) return fail(counts.error());
  print_json(context, *rows, *counts);
  return ExitCode::done;
}

/// Where else rows of the stream are open: nothing was found on the platform that was meant.
Message elsewhere(const std::map<std::string, std::int64_t>& open, const std::string& stream) {
  Message text;
  for (const auto& [platform, count] : open) {
    const Message one = say({"platform {0} has {1} open rejects of {2}: --platform {0}",
                             "平台 {0} 有 {1} 行 {2} 未处理：--platform {0}"},
                            printable(platform), count, stream);
    text = text.empty() ? one : Message{text.en + "; " + one.en, text.zh + "；" + one.zh};
  }
  return text;
}

Result<ExitCode> accept(Context& context) {
  const std::string word = context.arguments.positional("STREAM").value_or("");
  const Result<load::StreamKind> stream = named_stream(word);
  if (!stream) return fail(stream.error());
  const std::vector<std::string>& ids = context.arguments.values("ID");
  const bool all = context.arguments.has("--all");
  if (all == !ids.empty())
    return fail(ErrorKind::usage, {"name ids, or say --all", "请指定编号，或使用 --all"});
  const Result<std::unique_ptr<sql::Connection>> connection =
      migrated_warehouse(context, WarehouseUse::change);
  if (!connection) return fail(connection.error());
  const std::string platform = context.settings.text("load.platform");
  const Result<std::int64_t> accepted =
      load::accept_rejects(**connection, platform, word, all ? std::nullopt : std::optional(ids),
                           context.world.clock.wall());
  const bool unknown = !accepted && accepted.error().kind == ErrorKind::not_found;
  if (!accepted && !unknown) return fail(accepted.error());
  auto others = load::open_rejects_by_platform(**connection, word);
  if (!others) return fail(std::move(others).error());
  others->erase(platform);
  const Message hint = elsewhere(*others, word);
  if (unknown) return fail(Error{accepted.error().kind, accepted.error().what, hint});
  context.print(say({"{} rejects accepted: they make no load partial until their rows change",
                     "已接受 {} 行：在其内容变化之前不再使加载成为“部分成功”"},
                    *accepted));
  if (*accepted == 0 && !hint.empty())
    context.print(Message{fmt::format("platform {} has none that is open; {}", platform, hint.en),
                          fmt::format("平台 {} 没有未处理的行；{}", platform, hint.zh)});
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "load rejects accept"},
                            {"accepted", *accepted},
                            {"open_elsewhere", *others},
                            {"exit_code", 0}});
  return ExitCode::done;
}

std::vector<Flag> accept_flags() {
  return {
      warehouse_flag(),
      platform_flag(),
      {.names = "--all", .text = {"All of the stream that are open", "该数据流全部未处理的行"}}};
}

}  // namespace

Command load_rejects_command() {
  return {
      .name = "rejects",
      .summary = {"Rows of the shop that could not be stored", "无法保存的行"},
      .about = {"A row that cannot be stored is set aside with its reason; its text is in the raw "
                "layer. It is tried again whenever it is read, and the load ends with exit code 3 "
                "until it can be stored or somebody accepts it.",
                "无法保存的行会连同原因被搁置，原文保留在原始层。每次读到都会重试，并以退出码 3 "
                "结束，直到能够保存或由人接受。"},
      .children = {{.name = "list",
                    .summary = {"What was set aside, and why", "被拒收的行及原因"},
                    .flags = {warehouse_flag(),
                              limit_flag(listed_usual,
                                         {"At most so many, open ones first, then the newest",
                                          "最多显示的行数，未处理的在前，其次按时间从新到旧"})},
                    .examples = {{"tidemark load rejects list --json",
                                  {"For a program", "供程序使用"}}},
                    .run = list,
                    .summarises = true},
                   {.name = "accept",
                    .summary = {"Known and fine: make no load partial any more",
                                "确认已知，不再影响加载结果"},
                    .flags = accept_flags(),
                    .positionals = {{.name = "STREAM",
                                     .text = {"orders, aftersales, users, products, live",
                                              "orders、aftersales、users、products、live"}},
                                    {.name = "ID",
                                     .required = false,
                                     .repeated = true,
                                     .text = {"Ids as in the list", "清单中的编号"}}},
                    .examples = {{"tidemark load rejects accept orders --all",
                                  {"All orders that are set aside now", "当前被搁置的全部订单"}}},
                    .run = accept,
                    .summarises = true}},
  };
}

}  // namespace tidemark::cli
