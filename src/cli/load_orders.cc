#include "cli/load_orders.h"

#include "cli/load_stream.h"

namespace tidemark::cli {
namespace {

StreamLoad loading() { return {.stream = load::StreamKind::orders}; }

Result<ExitCode> run(Context& context) { return load_stream(context, loading()); }

std::vector<Flag> flags() {
  std::vector<Flag> flags = stream_flags(loading());
  flags.push_back({.names = "--texts", .kind = FlagKind::value, .key = "load.texts"});
  return flags;
}

}  // namespace

Command load_orders_command() {
  return {
      .name = "orders",
      .summary = {"Load orders of a shop, and keep them true", "加载店铺的订单并保持准确"},
      .about =
          {"Reads the list of orders by creation time in windows of 7 days, keeps every row to "
           "the byte, and writes orders, order_items and order_history. A row without news is "
           "not touched, an older reading never replaces a newer one. The watermark moves when "
           "a window is stored as a whole. Without a range, what was created since the "
           "watermark is read.",
           "按下单时间以 7 天为窗口读取订单列表，逐字节保留每一行原文，并写入 "
           "orders、order_items 和 order_history。没有变化的行不会被改动，较旧的读取结果不会"
           "覆盖较新的。一个窗口全部落库后水位才前移。不指定范围时，读取水位之后的订单。"},
      .flags = flags(),
      .examples = {{"tidemark load orders --from 2025-01-01 --to 2025-12-31",
                    {"The history; the same command goes on after an interruption",
                     "加载历史；中断后用同一命令继续"}},
                   {"tidemark load orders",
                    {"What is new; for cron, every 30 minutes",
                     "增量加载；适合 cron 每 30 分钟一次"}},
                   {"tidemark load orders --rescan 15d",
                    {"Refunds and other changes; every hour", "发现退款等变化；每小时一次"}},
                   {"tidemark load orders --rescan 90d",
                    {"What the 15 days missed; every week", "发现 15 天之外的遗漏；每周一次"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
