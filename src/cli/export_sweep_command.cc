#include "cli/export_sweep_command.h"

#include "base/shell_word.h"
#include "cli/chosen_export.h"
#include "cli/context.h"
#include "cli/export_invoices.h"
#include "cli/export_settings.h"

namespace tidemark::cli {
namespace {

Result<ExitCode> sweep(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  Result<exporter::ExportOptions> of_tree = options_of_tree(context, *chosen);
  if (!of_tree) return fail(std::move(of_tree.error()));
  exporter::ExportOptions options = std::move(*of_tree);
  if (options.layout == exporter::Layout::ndjson) {
    return fail(
        make_error(ErrorKind::unsupported,
                   {"a packed tree (layout ndjson) has no index of its rows to sweep by",
                    "打包目录（ndjson 布局）没有逐行索引，无法巡检"})
            .with_hint(
                {"a full export replaces all parts: tidemark export {} --layout ndjson -o {}",
                 "全量导出会替换全部分片：tidemark export {} --layout ndjson -o {}"},
                shell_quoted(chosen->name), shell_quoted(options.output)));
  }
  const bool apply = context.arguments.has("--apply");
  options.sweep = true;
  options.dry_run = !apply;
  options.prune = apply;
  options.confirm_source = context.arguments.has("--confirm-source");
  return run_export(context, chosen->name, options);
}

std::vector<Flag> sweep_flags() {
  using enum FlagKind;
  std::vector<Flag> flags = tree_flags();
  flags.push_back(
      {.names = "--source", .kind = value, .key = "export.*.source", .placeholder = "URL"});
  flags.push_back(
      {.names = "-t,--threads", .kind = value, .key = "export.*.threads", .placeholder = "N"});
  flags.push_back({.names = "-c,--compress",
                   .kind = optional_value,
                   .key = "export.*.compress",
                   .bare = "gzip"});
  flags.push_back({.names = "--layout", .kind = value, .key = "export.*.layout"});
  flags.push_back(confirm_source_flag());
  flags.push_back(
      {.names = "--apply",
       .text = {
           "Write what is missing or different; remove files of deleted and voided rows and of "
           "no row (asks first, unless --yes)",
           "写入缺失或不同的文件，并移除已删除或作废行的文件以及不属于任何行的文件（除非 "
           "--yes，否则先询问）"}});
  return flags;
}

}  // namespace

Command export_sweep_command() {
  return {
      .name = "sweep",
      .summary = {"Find what no timestamp shows; repair it with --apply",
                  "查找时间戳无法反映的差异；加 --apply 修复"},
      .about = {"Reads every row and compares key and content with the index: deleted and voided "
                "rows, rows without an update time, changed rows whose update time did not move, "
                "rows updated again and again inside the margin, files that are missing or were "
                "changed by hand, files that belong to no row. Watermarks stay. Run it weekly.",
                "读取每一行并与索引比对主键和内容：已删除或作废的行、没有更新时间的行、"
                "内容变了而更新时间未变的行、在安全边界内反复更新的行、缺失或被手工改动的文件、不属"
                "于任何行的文件。"
                "水位不变。建议每周运行一次。"},
      .flags = sweep_flags(),
      .examples = {{"tidemark export sweep", {"Report only", "仅报告"}},
                   {"tidemark export sweep --apply --yes",
                    {"Repair, from cron", "在 cron 中修复"}}},
      .table = "invoices",
      .run = sweep,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
