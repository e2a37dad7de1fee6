#include "cli/export_rejects_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/chosen_export.h"
#include "cli/export_invoices.h"
#include "cli/recording.h"
#include "cli/text_table.h"
#include "export/export_run.h"
#include "export/reject_admin.h"
#include "export/state_admin.h"
#include "export/state_directory.h"
#include "run/figures.h"

namespace tidemark::cli {
namespace {

using exporter::Reject;

constexpr std::size_t reason_columns_max = 60;

void print_list(const Context& context, const std::vector<Reject>& rejects) {
  if (rejects.empty()) {
    context.print(say({"no rejects", "没有被拒绝的行"}));
    return;
  }
  const auto word = [&](Wording wording) { return std::string(wording.in(context.language)); };
  TextTable table(std::vector(7, TextTable::Align::left));
  table.add({word({"KEY", "键"}), word({"TENANT", "租户"}), word({"COUNTRY", "国家"}),
             word({"NUMBER", "发票号"}), word({"SINCE (UTC)", "起始（UTC）"}),
             word({"STATE", "状态"}), word({"REASON", "原因"})});
  for (const Reject& reject : rejects) {
    table.add({reject.key.text(), reject.tenant.value_or("?"), reject.country, reject.number,
               reject.first_seen,
               reject.accepted ? word({"accepted", "已接受"}) : word({"open", "未处理"}),
               fit_width(printable(reject.reason), reason_columns_max)});
  }
  context.world.out.write(table.text());
}

void print_json(const Context& context, const std::vector<Reject>& rejects) {
  for (const Reject& reject : rejects) {
    context.world.out.json({{"message_type", "reject"},
                            {"key", reject.key.text()},
                            {"tenant", reject.tenant ? nlohmann::ordered_json(*reject.tenant)
                                                     : nlohmann::ordered_json(nullptr)},
                            {"country", reject.country},
                            {"invoice_no", reject.number},
                            {"reason", reject.reason},
                            {"first_seen", reject.first_seen},
                            {"last_seen", reject.last_seen},
                            {"accepted", reject.accepted}});
  }
  const auto open = std::ranges::count(rejects, false, &Reject::accepted);
  context.world.out.json({{"message_type", "summary"},
                          {"command", "export rejects list"},
                          {"rejects_open", open},
                          {"rejects_accepted", static_cast<std::int64_t>(rejects.size()) - open},
                          {"exit_code", 0}});
}

Result<ExitCode> list(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const Result<std::vector<Reject>> rejects = exporter::list_rejects(chosen->output);
  if (!rejects) return fail(rejects.error());
  context.json ? print_json(context, *rejects) : print_list(context, *rejects);
  return ExitCode::done;
}

Result<ExitCode> accept(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const std::vector<std::string>& keys = context.arguments.values("KEY");
  const bool all = context.arguments.has("--all");
  if (all == !keys.empty()) {
    return fail(ErrorKind::usage, {"name keys, or say --all", "请指定键，或使用 --all"});
  }
  const Result<std::int64_t> accepted = exporter::accept_rejects(
      chosen->output, all ? std::nullopt : std::optional(keys), context.world.clock);
  if (!accepted) return fail(accepted.error());
  context.print(*accepted == 1
                    ? say({"1 reject accepted: it makes no run partial until its row changes",
                           "已接受 1 行：在其数据变化之前不再使运行成为“部分成功”"})
                    : say({"{} rejects accepted: they make no run partial until their rows change",
                           "已接受 {} 行：在其数据变化之前不再使运行成为“部分成功”"},
                          *accepted));
  if (context.json) {
    context.world.out.json({{"message_type", "summary"},
                            {"command", "export rejects accept"},
                            {"accepted", *accepted},
                            {"exit_code", 0}});
  }
  return ExitCode::done;
}

Result<ExitCode> retry(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const Result<ExportSource> source = chosen_source(context, chosen->name);
  if (!source) return fail(source.error());
  if (Result<void> exists = exporter::require_state(exporter::state_directory_of(chosen->output));
      !exists) {
    return fail(exists.error());
  }
  Result<exporter::ExportOptions> of_tree = options_of_tree(context, *chosen);
  if (!of_tree) return fail(std::move(of_tree.error()));
  exporter::ExportOptions options = std::move(*of_tree);
  options.retried_rejects = context.arguments.values("KEY");

  exporter::ExportRun run({.connect = source->connect,
                           .clock = context.world.clock,
                           .stop = context.world.stop,
                           .source = source->url.identity()},
                          export_table(context.settings, chosen->name), std::move(options));
  RecordedRun recorded(context, "export rejects retry " + chosen->name);
  const Result<exporter::ExportSummary> summary = run.run();
  recorded.finish(summary ? end_of(*summary) : failed_end(context, summary.error()));
  if (!summary) return fail(summary.error());
  if (context.json) {
    nlohmann::ordered_json json =
        nlohmann::ordered_json::parse(summary_json(*summary, context.command_line));
    json["command"] = "export rejects retry";
    context.world.out.json(json);
  }
  context.print(
      say({"{0} {5} read: {1} {6} written, {2} unchanged, {3} rejected again; {4} {7} open",
           "读取 {0} 行：写入 {1} 个文件，{2} 个未变，{3} 行再次被拒绝；尚有 {4} 行未处理"},
          summary->rows_read, summary->files_written, summary->files_unchanged, summary->rejected,
          summary->rejects_open, plural(summary->rows_read, "row", "rows"),
          plural(summary->files_written, "file", "files"),
          plural(summary->rejects_open, "reject is", "rejects are")));
  for (const Error& error : summary->errors) context.print(error.what);
  return summary->exit_code();
}

std::vector<Flag> accept_flags() {
  std::vector<Flag> flags = tree_flags();
  flags.push_back({.names = "--all", .text = {"All that are open", "全部未处理的行"}});
  return flags;
}

}  // namespace

Command export_rejects_command() {
  return {
      .name = "rejects",
      .summary = {"Rows that could not be exported", "无法导出的行"},
      .about =
          {"A row whose JSON is broken or lacks a required field is set aside with its reason. "
           "Every run tries it again and ends with exit code 3 until the row is mended or "
           "accepted.",
           "JSON 损坏或缺少必需字段的行会连同原因被搁置。之后每次运行都会重试，并以退出码 3 "
           "结束，直到该行被修复或接受。"},
      .children =
          {{.name = "list",
            .summary = {"What was set aside, and why", "被拒绝的行及原因"},
            .flags = tree_flags(),
            .examples = {{"tidemark export rejects list --json", {"For a program", "供程序使用"}}},
            .run = list},
           {.name = "accept",
            .summary = {"Known and fine: make no run partial any more",
                        "确认已知，不再影响运行结果"},
            .flags = accept_flags(),
            .positionals = {{.name = "KEY",
                             .required = false,
                             .repeated = true,
                             .text = {"Keys as in the list", "清单中的键"}}},
            .examples = {{"tidemark export rejects accept 1017 1018", {"Two rows", "两行"}}},
            .run = accept},
           {.name = "retry",
            .summary = {"Read just these rows again", "仅重新读取这些行"},
            .flags = tree_and_source_flags(),
            .positionals = {{.name = "KEY",
                             .required = false,
                             .repeated = true,
                             .text = {"Keys as in the list; all if omitted",
                                      "清单中的键；省略则为全部"}}},
            .examples = {{"tidemark export rejects retry", {"All of them", "全部"}}},
            .run = retry}},
  };
}

}  // namespace tidemark::cli
