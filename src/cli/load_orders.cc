#include "cli/load_orders.h"

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/load_settings.h"
#include "cli/recording.h"
#include "load/load_run.h"
#include "load/xiaoe/order_extractor.h"
#include "load/xiaoe/order_transform.h"
#include "run/progress.h"

namespace tidemark::cli {
namespace {

run::ProgressSnapshot snapshot_of(const load::LoadProgress& progress) {
  return {.records_done = progress.rows,
          .groups_done = progress.windows,
          .groups_total = progress.windows_total,
          .errors = progress.errors};
}

std::string counts_of(const load::LoadProgress& progress) {
  return nlohmann::ordered_json{{"rows_read", progress.rows.load()},
                                {"windows_finished", progress.windows.load()}}
      .dump();
}

run::RunEnd end_of(const load::LoadSummary& summary, ExitCode code) {
  return {.status = run_status(code),
          .counts = load::counts_json(summary),
          .error = summary.errors.empty() ? "" : summary.errors.front().what.en,
          .exit_code = static_cast<int>(code)};
}

Result<load::LoadSummary> load_recorded(Context& context, load::LoadRun& loading, bool record) {
  std::optional<RecordedRun> recorded;  // A dry run writes nothing, not even that it was.
  if (record)
    recorded.emplace(context, "load orders", [&loading] { return counts_of(loading.progress()); });
  run::ProgressDisplay display(progress_options(context), context.world.clock,
                               [&loading] { return snapshot_of(loading.progress()); });
  Result<load::LoadSummary> summary = loading.run();
  display.finish();
  if (recorded)
    recorded->finish(summary ? end_of(*summary, summary->exit_code(context.world.stop))
                             : failed_end(context, summary.error()));
  return summary;
}

void show(const Context& context, const load::LoadSummary& summary, ExitCode code) {
  if (!context.json) {
    context.world.out.write(load::summary_text(summary, context.language, context.command_line));
    return;
  }
  for (const Error& error : summary.errors)
    context.world.out.json({{"message_type", "error"},
                            {"kind", tidemark::name(error.kind)},
                            {"message", error.what.en},
                            {"hint", error.hint.en}});
  context.world.out.line(load::summary_json(summary, code));
}

Result<ExitCode> run(Context& context) {
  const World& world = context.world;
  Result<load::LoadOptions> options = load_options(context);
  if (!options) return fail(std::move(options).error());
  Result<load::ConnectWarehouse> connect = warehouse(context, options->dry_run);
  if (!connect) return fail(std::move(connect).error());
  load::StoppablePause pause(world.stop);
  Result<std::unique_ptr<load::xiaoe::Client>> client = load::xiaoe::Client::create(
      xiaoe_client_options(context.settings), load::xiaoe::order_list_api, world.clock,
      world.random, pause, world.stop);
  if (!client) return fail(std::move(client).error());
  load::xiaoe::OrderExtractor extractor(**client);
  const load::xiaoe::XiaoeOrderTransform transform(code_texts(context.settings));
  load::LoadRun loading({.extractor = extractor,
                         .transform = transform,
                         .connect = std::move(*connect),
                         .clock = world.clock,
                         .random = world.random,
                         .stop = world.stop,
                         .pause = pause},
                        *options);
  const Result<load::LoadSummary> summary = load_recorded(context, loading, !options->dry_run);
  if (!summary) return fail(summary.error());
  const ExitCode code = summary->exit_code(world.stop);
  show(context, *summary, code);
  return code;
}

}  // namespace

Command load_orders_command() {
  using enum FlagKind;
  return {
      .name = "orders",
      .summary = {"Load orders of a Xiaoe shop, and keep them true",
                  "加载小鹅通店铺的订单并保持准确"},
      .about =
          {"Reads the list of orders by creation time in windows of 7 days, keeps every row to "
           "the byte, and writes orders, order_items and order_history. A row without news is "
           "not touched, an older reading never replaces a newer one. The watermark moves when "
           "a window is stored as a whole. Without a range, what was created since the "
           "watermark is read.",
           "按下单时间以 7 天为窗口读取订单列表，逐字节保留每一行原文，并写入 "
           "orders、order_items 和 order_history。没有变化的行不会被改动，较旧的读取结果不会"
           "覆盖较新的。一个窗口全部落库后水位才前移。不指定范围时，读取水位之后的订单。"},
      .flags =
          {
              {.names = "--shop-url", .kind = value, .key = "xiaoe.url", .placeholder = "URL"},
              warehouse_flag(),
              {.names = "--from",
               .kind = value,
               .placeholder = "DATE",
               .text = {"Orders created from this day or time on (UTC+8)",
                        "下单时间的起点（UTC+8）"}},
              {.names = "--to",
               .kind = value,
               .placeholder = "DATE",
               .text = {"… up to this one, included", "下单时间的终点（含）"}},
              {.names = "-i,--incremental",
               .text = {"What was created since the watermark (the usual case)",
                        "读取水位之后的订单（默认）"}},
              {.names = "--rescan",
               .kind = value,
               .placeholder = "DURATION",
               .text = {"Read the orders of so long again, for refunds and other changes: 15d",
                        "重扫最近一段时间的订单，以发现退款等变化：15d"}},
              {.names = "--restart",
               .text = {"With --from --to: read windows again that an earlier try has finished",
                        "与 --from --to 同用：重读上次中断前已完成的窗口"}},
              {.names = "--texts", .kind = value, .key = "load.texts"},
              {.names = "-d,--dry-run",
               .text = {"Read and compare; write nothing at all",
                        "试运行：读取并比对，不写入任何内容"}},
          },
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
