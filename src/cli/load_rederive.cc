#include "cli/load_rederive.h"

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/load_settings.h"
#include "cli/recording.h"
#include "load/order_rederive.h"
#include "load/xiaoe/order_transform.h"
#include "run/figures.h"
#include "run/progress.h"

namespace tidemark::cli {
namespace {

nlohmann::ordered_json counts_of(const load::RederiveSummary& summary) {
  return {{"records", summary.records},
          {"orders_new", summary.inserted},
          {"orders_changed", summary.changed},
          {"orders_unchanged", summary.unchanged},
          {"histories_changed", summary.histories},
          {"rows_rejected", summary.rejected}};
}

ExitCode code_of(const Context& context, const load::RederiveSummary& summary) {
  if (summary.stopped) return exit_code_for(context.world.stop);
  return summary.rejected > 0 ? ExitCode::partial : ExitCode::done;
}

void show(const Context& context, const load::RederiveSummary& summary, ExitCode code) {
  if (context.json) {
    nlohmann::ordered_json line = {{"message_type", "summary"},
                                   {"command", "load rederive"},
                                   {"dry_run", summary.dry_run},
                                   {"stopped", summary.stopped}};
    line.update(counts_of(summary));
    line["exit_code"] = static_cast<int>(code);
    context.world.out.json(line);
    return;
  }
  if (summary.dry_run)
    context.print(say({"dry run: nothing was written", "试运行：未写入任何内容"}));
  context.print(
      say({"{} records: {} orders new, {} changed, {} unchanged; {} histories changed; {} "
           "cannot be stored",
           "共 {} 条记录：新增订单 {}，变化 {}，未变 {}；历史变化 {}；无法保存 {}"},
          run::count_text(summary.records), run::count_text(summary.inserted),
          run::count_text(summary.changed), run::count_text(summary.unchanged),
          run::count_text(summary.histories), run::count_text(summary.rejected)));
  for (const load::UnknownCode& unknown : summary.unknown_codes)
    context.print(say({"unknown code: {} = {} has no text and stays as it is",
                       "未知代码：{} = {} 没有对应文本，保留原始代码"},
                      unknown.field, unknown.code));
  if (summary.stopped)
    context.print(
        say({"stopped; the same command goes over it again", "已中止；用同一命令可重新处理"}));
}

Result<ExitCode> run(Context& context) {
  const bool dry_run = context.arguments.has("--dry-run");
  Result<load::ConnectWarehouse> connect = warehouse(context, dry_run);
  if (!connect) return fail(std::move(connect).error());
  const load::xiaoe::XiaoeOrderTransform transform(code_texts(context.settings));
  std::atomic<std::uint64_t> records{0};
  load::OrderRederive rederive(
      std::move(*connect),
      {.platform = "xiaoe", .utc_offset = std::chrono::hours(8), .transform = &transform},
      context.world.clock, context.world.stop, records);
  std::optional<RecordedRun> recorded;
  if (!dry_run)
    recorded.emplace(context, "load rederive", [&records] {
      return nlohmann::ordered_json{{"records", records.load()}}.dump();
    });
  run::ProgressDisplay display(progress_options(context), context.world.clock, [&records] {
    return run::ProgressSnapshot{.records_done = records};
  });
  const Result<load::RederiveSummary> summary = rederive.run(dry_run);
  display.finish();
  if (!summary) {
    if (recorded) recorded->finish(failed_end(context, summary.error()));
    return fail(summary.error());
  }
  const ExitCode code = code_of(context, *summary);
  if (recorded)
    recorded->finish({.status = run_status(code),
                      .counts = counts_of(*summary).dump(),
                      .exit_code = static_cast<int>(code)});
  show(context, *summary, code);
  return code;
}

}  // namespace

Command load_rederive_command() {
  return {
      .name = "rederive",
      .summary = {"Make the tables of orders anew from the raw layer",
                  "由原始数据重新生成订单各表"},
      .about =
          {"After a unit, a text or a rule was corrected, or other texts were chosen. The shop is "
           "not asked. Rows that are right already are not touched.",
           "在更正单位、文本或规则，或改用另一套文本之后使用。不会访问店铺；已经正确的行不会被改动"
           "。"},
      .flags =
          {
              warehouse_flag(),
              {.names = "--texts", .kind = FlagKind::value, .key = "load.texts"},
              {.names = "-d,--dry-run",
               .text = {"Say how many rows would change; write nothing",
                        "试运行：说明有多少行会变化，不写入任何内容"}},
          },
      .examples = {{"tidemark load rederive --texts official",
                    {"With the texts of the official page", "改用官方页面的文本"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
