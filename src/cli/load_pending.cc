#include "cli/load_pending.h"

#include <fmt/format.h>

#include <algorithm>
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
#include "load/benefit/pending_store.h"

namespace tidemark::cli {
namespace {

using load::PendingCounts;
using load::PendingOrder;

constexpr std::string_view listed_usual = "100";
constexpr std::size_t reason_columns_max = 80;

void print_table(const Context& context, const std::vector<PendingOrder>& orders,
                 std::int64_t more) {
  if (orders.empty()) {
    context.print(say({"no order is pending", "没有待定的订单"}));
    return;
  }
  const auto word = [&](Wording wording) { return std::string(wording.in(context.language)); };
  TextTable table(std::vector(5, TextTable::Align::left));
  table.add({word({"PLATFORM", "平台"}), word({"ORDER", "订单号"}),
             word({"14 DAYS OVER", "满 14 天时间"}), word({"STATE", "状态"}),
             word({"REASON", "理由"})});
  for (const PendingOrder& order : orders)
    table.add(
        {printable(order.platform), printable(order.order_id), order.due_at.text(),
         order.accepted_reason ? word({"accepted", "已接受"}) : word({"open", "未处理"}),
         fit_width(printable(order.accepted_reason.value_or(order.reason.in(context.language))),
                   reason_columns_max)});
  context.world.out.write(table.text());
  if (more > 0)
    context.print(
        say({"{} more; --limit N shows N of them", "另有 {} 个；--limit N 可显示 N 个"}, more));
}

void print_json(const Context& context, const std::vector<PendingOrder>& orders,
                const PendingCounts& all, std::int64_t more) {
  for (const PendingOrder& order : orders)
    context.world.out.json({{"message_type", "pending"},
                            {"platform", order.platform},
                            {"order_id", order.order_id},
                            {"due_at", order.due_at.text()},
                            {"reason", order.reason.en},
                            {"accepted", order.accepted_reason.has_value()},
                            {"accepted_reason", order.accepted_reason.value_or("")}});
  context.world.out.json({{"message_type", "summary"},
                          {"command", "load pending list"},
                          {"pending_open", all.open},
                          {"pending_accepted", all.accepted},
                          {"more", more},
                          {"exit_code", 0}});
}

Result<ExitCode> list(Context& context) {
  const Result<std::int64_t> limit = given_limit(context, listed_usual);
  if (!limit) return fail(limit.error());
  const Result<std::unique_ptr<sql::Connection>> connection =
      migrated_warehouse(context, WarehouseUse::change);
  if (!connection) return fail(connection.error());
  const Result<std::vector<PendingOrder>> orders = load::pending_orders(**connection, *limit);
  if (!orders) return fail(orders.error());
  const auto counts = load::count_pending(**connection);
  if (!counts) return fail(counts.error());
  PendingCounts all;
  for (const auto& [platform, count] : *counts) {
    all.open += count.open;
    all.accepted += count.accepted;
  }
  // Between the two questions some may have been decided.
  const std::int64_t more =
      std::max<std::int64_t>(0, static_cast<std::int64_t>(all.open + all.accepted) -
                                    static_cast<std::int64_t>(orders->size()));
  context.json ? print_json(context, *orders, all, more) : print_table(context, *orders, more);
  return ExitCode::done;
}

/// Where else orders are pending: nothing was found on the platform that was meant.
Message elsewhere(const std::map<std::string, PendingCounts>& counts, const std::string& meant) {
  Message text;
  for (const auto& [platform, count] : counts) {
    if (platform == meant || count.open == 0) continue;
    const Message one = say(
        {"platform {0} has {1} open: --platform {0}", "平台 {0} 有 {1} 个未处理：--platform {0}"},
        printable(platform), count.open);
    text = text.empty() ? one : Message{text.en + "; " + one.en, text.zh + "；" + one.zh};
  }
  return text;
}

Result<ExitCode> accept(Context& context) {
  const std::vector<std::string>& ids = context.arguments.values("ORDER");
  const bool all = context.arguments.has("--all");
  if (all == !ids.empty())
    return fail(ErrorKind::usage, {"name orders, or say --all", "请指定订单号，或使用 --all"});
  const Result<std::string> reason = given_reason(context);
  if (!reason) return fail(reason.error());
  const Result<std::unique_ptr<sql::Connection>> connection =
      migrated_warehouse(context, WarehouseUse::change);
  if (!connection) return fail(connection.error());
  const std::string platform = context.settings.text("load.platform");
  const auto counts = load::count_pending(**connection);
  if (!counts) return fail(counts.error());
  const Message hint = elsewhere(*counts, platform);
  const Result<std::int64_t> accepted =
      load::accept_pending(**connection, platform, all ? std::nullopt : std::optional(ids), *reason,
                           context.world.clock.wall());
  if (!accepted && accepted.error().kind == ErrorKind::not_found)
    return fail(Error{accepted.error().kind, accepted.error().what, hint});
  if (!accepted) return fail(accepted.error());
  context.print(say({"{} orders accepted: pending as they are, they make no run partial until "
                     "something changes about them",
                     "已接受 {} 个订单：在情况变化之前保持待定，不再使运行成为“部分成功”"},
                    *accepted));
  if (*accepted == 0 && !hint.empty())
    context.print(Message{fmt::format("platform {} has none that is open; {}", platform, hint.en),
                          fmt::format("平台 {} 没有未处理的订单；{}", platform, hint.zh)});
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "load pending accept"},
                            {"accepted", *accepted},
                            {"exit_code", 0}});
  return ExitCode::done;
}

std::vector<Flag> accept_flags() {
  return {
      warehouse_flag(),
      platform_flag(),
      {.names = "--all", .text = {"All of the platform that are open", "该平台全部未处理的订单"}},
      {.names = "--reason",
       .kind = FlagKind::value,
       .placeholder = "TEXT",
       .text = {"Why; kept beside the order", "理由，与该订单一同保存"}},
  };
}

}  // namespace

Command load_pending_command() {
  return {
      .name = "pending",
      .summary = {"Orders whose benefit cannot be decided", "福利无法决定的订单"},
      .about =
          {"What tidemark load benefits could not decide, each with the reason: nothing tells "
           "when it was refunded, say. It is decided as soon as it can be; until then each run "
           "of benefits ends with exit code 3, or until somebody accepts it.",
           "tidemark load benefits 无法决定的订单及原因，例如没有数据说明何时退款。一旦可以决定"
           "便会决定；在此之前，或由人接受之前，每次运行都以退出码 3 结束。"},
      .children =
          {{.name = "list",
            .summary = {"Which, and why", "待定的订单及原因"},
            .flags = {warehouse_flag(),
                      limit_flag(listed_usual,
                                 {"At most so many, open ones first, then the oldest",
                                  "最多显示的订单数，未处理的在前，其次按时间从旧到新"})},
            .examples = {{"tidemark load pending list --json", {"For a program", "供程序使用"}}},
            .run = list,
            .summarises = true},
           {.name = "accept",
            .summary = {"Known: make no run partial any more", "确认已知，不再影响运行结果"},
            .flags = accept_flags(),
            .positionals = {{.name = "ORDER",
                             .required = false,
                             .repeated = true,
                             .text = {"Orders as in the list", "清单中的订单号"}}},
            .examples = {{"tidemark load pending accept --all --platform webshop --reason "
                          "'refunded before we kept the times'",
                          {"All orders of a platform that are pending now",
                           "某平台当前全部待定的订单"}}},
            .run = accept,
            .summarises = true}},
  };
}

}  // namespace tidemark::cli
