#include "cli/load_benefits.h"

#include "base/pause.h"
#include "cli/context.h"
#include "cli/load_range.h"
#include "cli/load_settings.h"
#include "cli/recording.h"
#include "cli/sheet_file.h"
#include "load/benefit/benefit_run.h"
#include "load/benefit/benefit_sheet.h"
#include "load/benefit/benefit_summary.h"
#include "load/sheet/csv_sheet.h"
#include "run/progress.h"

namespace tidemark::cli {
namespace {

const CivilTime earliest = CivilTime::baseline();
const CivilTime latest = *CivilTime::parse("9999-12-31 23:59:59");

Result<load::BenefitOptions> benefit_options(const Context& context) {
  const Result<OpenRange> range = open_range(context.arguments);
  if (!range) return fail(range.error());
  load::BenefitOptions options;
  options.rule.part_withdraws = context.settings.text("load.benefit_partial") == "withdraw";
  if (range->from || range->upto)
    options.created =
        load::TimeWindow{range->from.value_or(earliest), range->upto.value_or(latest)};
  options.margin =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.margin"));
  options.usual_rescan =
      std::chrono::duration_cast<std::chrono::seconds>(context.settings.duration("load.rescan"));
  options.platform = context.arguments.value("--platform");
  options.redecide = context.arguments.has("--redecide");
  options.dry_run = context.arguments.has("--dry-run");
  return options;
}

/// The report that was asked for.
struct Report {
  SheetFile file;
  std::optional<load::CsvSheet> sheet{};
};

Result<std::unique_ptr<Report>> open_report(const Context& context) {
  const std::optional<std::string> path = context.arguments.value("--report");
  if (!path) return nullptr;
  Result<SheetFile> file = SheetFile::open(context, *path);
  if (!file) return fail(std::move(file).error());
  auto report = std::make_unique<Report>(Report{.file = std::move(*file)});
  report->sheet.emplace(load::benefit_columns(context.language), load::CsvStyle::spreadsheet,
                        report->file.sink());
  return report;
}

/// A report on part of the orders would pass for the whole.
Result<void> close_report(Report* report, const load::BenefitSummary& summary) {
  if (report == nullptr || summary.stopped) return {};
  if (Result<void> finished = report->sheet->finish(); !finished) return finished;
  return report->file.commit();
}

Result<load::BenefitSummary> decide_recorded(Context& context, const load::BenefitOptions& options,
                                             load::ConnectWarehouse connect, Report* report) {
  std::atomic<std::uint64_t> orders{0};
  StoppablePause pause(context.world.stop);
  load::BenefitRun deciding(std::move(connect), options, context.world.clock, context.world.stop,
                            pause, orders);
  std::optional<RecordedRun> recorded;  // A dry run writes nothing, not even that it was.
  if (!options.dry_run)
    recorded.emplace(context, "load benefits",
                     [&orders] { return fmt::format(R"({{"orders":{}}})", orders.load()); });
  run::ProgressDisplay display(progress_options(context), context.world.clock,
                               [&orders] { return run::ProgressSnapshot{.records_done = orders}; });
  load::BenefitReport tell;
  if (report != nullptr)
    tell = [report, language = context.language](std::span<const load::DecidedOrder> decided) {
      return load::write_benefits(*report->sheet, decided, language);
    };
  Result<load::BenefitSummary> summary = deciding.run(tell);
  display.finish();
  if (summary)
    if (Result<void> closed = close_report(report, *summary); !closed)
      summary = fail(std::move(closed).error());
  if (recorded && !summary) recorded->finish(failed_end(context, summary.error()));
  if (recorded && summary) {
    const ExitCode code = summary->exit_code(context.world.stop);
    recorded->finish({.status = run_status(code),
                      .counts = load::counts_json(*summary),
                      .exit_code = static_cast<int>(code)});
  }
  return summary;
}

Result<ExitCode> run(Context& context) {
  const Result<load::BenefitOptions> options = benefit_options(context);
  if (!options) return fail(options.error());
  Result<load::ConnectWarehouse> connect =
      warehouse(context, options->dry_run ? WarehouseUse::read : WarehouseUse::change);
  if (!connect) return fail(std::move(connect).error());
  Result<std::unique_ptr<Report>> report = open_report(context);
  if (!report) return fail(std::move(report).error());
  const Result<load::BenefitSummary> summary =
      decide_recorded(context, *options, std::move(*connect), report->get());
  if (!summary) return fail(summary.error());
  const ExitCode code = summary->exit_code(context.world.stop);
  if (context.json) {
    context.world.out.line(load::summary_json(*summary, code));
    return code;
  }
  std::string text = load::summary_text(*summary, context.language, context.command_line);
  text.pop_back();
  print_beside(context, *report ? &(*report)->file : nullptr, {text, text});
  return code;
}

}  // namespace

Command load_benefits_command() {
  using enum FlagKind;
  return {
      .name = "benefits",
      .summary = {"Decide which orders keep their benefit 14 days after they were placed",
                  "下单满 14 天后决定每个订单的福利发放或取消"},
      .about =
          {"A paid order that was not refunded within 14 days is granted, another one is "
           "withdrawn. Each decision is kept in benefit_decisions with the facts and a sentence "
           "that explains it, each change in benefit_decision_history. A decision changes only "
           "when the facts do: a refund that is found late withdraws what was granted. An order "
           "that was not read since its 14th day is pending.",
           "已支付且 14 天内未退款的订单发放福利，否则取消。每个决定连同事实和解释保存在 "
           "benefit_decisions，每次变化保存在 benefit_decision_history。只有事实变化时决定才会"
           "改变：迟到的退款会使已发放的福利改为取消。满 14 天后尚未重新读取的订单为待定。"},
      .flags =
          {
              warehouse_flag(),
              {.names = "--platform",
               .kind = value,
               .placeholder = "NAME",
               .text = {"Only orders of this platform; otherwise of all",
                        "只处理该平台的订单；不指定则处理所有平台"}},
              {.names = "--from",
               .kind = value,
               .placeholder = "DATE",
               .text = {"Orders created from this day or time on (UTC+8)",
                        "下单时间的起点（UTC+8）"}},
              {.names = "--to",
               .kind = value,
               .placeholder = "DATE",
               .text = {"… up to this one, included", "下单时间的终点（含）"}},
              {.names = "--report",
               .kind = value,
               .placeholder = "FILE",
               .text = {"Write all decisions as CSV for Excel, each explained; - for stdout",
                        "将全部决定及理由写成 CSV（适合 Excel）；- 表示标准输出"}},
              {.names = "--partial",
               .kind = value,
               .key = "load.benefit_partial",
               .placeholder = "withdraw|keep"},
              {.names = "--redecide",
               .text = {"Decide again what another rule has decided on the same facts",
                        "按当前规则重新决定此前按其他规则做出的决定"}},
              {.names = "-d,--dry-run",
               .text = {"Decide and report; store nothing", "试运行：只决定和报告，不保存"}},
          },
      .examples = {{"tidemark load benefits --report benefits.csv",
                    {"Decide, and explain each decision; every day", "决定并逐条解释；每天一次"}},
                   {"tidemark load benefits --dry-run --partial keep --report -",
                    {"What another rule would say", "看另一种规则会怎样决定"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
