#include "cli/load_aftersales.h"

#include "cli/load_stream.h"

namespace tidemark::cli {
namespace {

StreamLoad loading() { return {.stream = load::StreamKind::aftersales}; }

Result<ExitCode> run(Context& context) { return load_stream(context, loading()); }

}  // namespace

Command load_aftersales_command() {
  return {
      .name = "aftersales",
      .summary = {"Load after-sales (refunds) of a shop", "加载店铺的售后单（退款）"},
      .about = {"Reads the list of after-sales by the time of their last change, and writes the "
                "table refunds. Since the shop can be asked for changes, no refund is too late to "
                "be found. Without a range, what was changed since the watermark is read.",
                "按最近更新时间读取售后单并写入表 "
                "refunds。店铺可按更新时间查询，再晚的退款也不会遗漏。不指定范围时，读取水位之后有"
                "更新的售后单。"},
      .flags = stream_flags(loading()),
      .examples = {{"tidemark load aftersales --from 2025-01-01 --to 2030-12-31",
                    {"The history; the same command goes on after an interruption",
                     "加载历史；中断后用同一命令继续"}},
                   {"tidemark load aftersales",
                    {"What was changed since; for cron, every 30 minutes",
                     "增量加载；适合 cron 每 30 分钟一次"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
