#include "cli/export_import.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/chosen_export.h"
#include "cli/text_table.h"
#include "export/state_import.h"
#include "run/figures.h"

namespace tidemark::cli {
namespace {

using exporter::ImportReport;

void print_marks(const Context& context, const ImportReport& report) {
  if (report.marks.empty()) {
    context.print(say({"no watermarks there: the first incremental run reads everything",
                       "没有水位：首次增量运行将读取全部数据"}));
    return;
  }
  const auto word = [&](Wording wording) { return std::string(wording.in(context.language)); };
  TextTable table(std::vector(3, TextTable::Align::left));
  table.add({word({"TENANT", "租户"}),
             fmt::format("{} ({})", word({"BEFORE", "原水位"}), report.old_zone),
             fmt::format("{} ({})", word({"NOW", "新水位"}), report.record.zone)});
  for (const ImportReport::Mark& mark : report.marks) {
    table.add({mark.tenant, mark.before.text(), mark.after.text()});
  }
  context.world.out.write(table.text());
  context.print(say({"stepped back by {} for the margin and the difference of the clocks",
                     "已按安全边界与时钟差回退 {}"},
                    run::duration_text(report.stepped_back, context.language)));
}

void print_tree(const Context& context, const ImportReport& report) {
  context.print(say({"found in {0}: {1} {3} of {2} {4}", "在 {0} 中找到 {1} 个文件，{2} 个租户"},
                    report.tree, run::count_text(report.survey.total()), report.survey.tenants,
                    plural(report.survey.total(), "file", "files"),
                    plural(report.survey.tenants, "tenant", "tenants")));
  for (const auto& [ending, count] : report.survey.files) {
    context.world.out.line(fmt::format("  {:<10} {}", ending, run::count_text(count)));
  }
  if (report.survey.unknown > 0) {
    context.print(
        report.survey.unknown == 1
            ? say({"  1 other file, which is left alone:", "  另有 1 个其他文件，不会改动："})
            : say({"  {} other files, which are left alone:", "  另有 {} 个其他文件，不会改动："},
                  report.survey.unknown));
    TextTable examples({TextTable::Align::left, TextTable::Align::left});
    for (const std::string& path : report.survey.unknown_examples) examples.add({"  ", path});
    context.world.out.write(examples.text());
  }
  if (report.same_tree) {
    context.print(
        say({"the next incremental run compares these files with their rows and adopts "
             "them; none is rewritten that is right",
             "下次增量运行会将这些文件与数据比对并接管；正确的文件不会重写"}));
  } else {
    context.print(say({"the output folder is another one: these files are not adopted, all are "
                       "exported anew there (-o {} adopts them)",
                       "输出目录与之不同：这些文件不会被接管，将在新目录重新导出（用 -o {} "
                       "可接管）"},
                      report.tree));
  }
}

void print_json(const Context& context, const ImportReport& report, bool dry_run) {
  for (const ImportReport::Mark& mark : report.marks) {
    context.world.out.json({{"message_type", "tenant"},
                            {"tenant", mark.tenant},
                            {"before", mark.before.text()},
                            {"mark", mark.after.text()}});
  }
  context.world.out.json({{"message_type", "summary"},
                          {"command", "export state import"},
                          {"dry_run", dry_run},
                          {"tree", report.tree},
                          {"same_tree", report.same_tree},
                          {"old_zone", report.old_zone},
                          {"zone", report.record.zone},
                          {"stepped_back_seconds", report.stepped_back.count()},
                          {"tenants", report.marks.size()},
                          {"files", report.survey.files},
                          {"folders_with_files", report.survey.tenants},
                          {"unknown_files", report.survey.unknown},
                          {"unknown_examples", report.survey.unknown_examples},
                          {"exit_code", 0}});
}

Result<ExitCode> take_over(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const Result<ExportSource> source = chosen_source(context, chosen->name);
  if (!source) return fail(source.error());
  const Result<std::unique_ptr<sql::Connection>> connection = source->connect();
  if (!connection) return fail(connection.error());

  const exporter::ExportOptions configured = configured_options(context.settings, chosen->name);
  const exporter::ImportOptions options{
      .from = context.arguments.value("--from").value_or(chosen->output),
      .output = chosen->output,
      .old_zone = context.arguments.value("--old-zone").value_or(""),
      .zone = configured.zone,
      .source = source->url.identity(),
      .spec = export_table(context.settings, chosen->name),
      .margin = configured.margin,
      .dry_run = context.arguments.has("--dry-run")};
  const Result<ImportReport> report =
      exporter::import_state(**connection, options, context.world.clock, context.world.stop);
  if (!report) return fail(report.error());
  if (context.json) {
    print_json(context, *report, options.dry_run);
    return ExitCode::done;
  }
  print_marks(context, *report);
  print_tree(context, *report);
  if (options.dry_run)
    context.print(say({"dry run: nothing was written", "试运行：未写入任何内容"}));
  return ExitCode::done;
}

std::vector<Flag> import_flags() {
  std::vector<Flag> flags = tree_and_source_flags();
  flags.push_back({.names = "--from",
                   .kind = FlagKind::value,
                   .placeholder = "DIR",
                   .text = {"Tree of the old exporter, or its .export_state; the output folder if "
                            "omitted",
                            "旧导出程序的目录或其 .export_state；省略则为输出目录"}});
  flags.push_back({.names = "--old-zone",
                   .kind = FlagKind::value,
                   .placeholder = "ZONE",
                   .text = {"Zone of the old watermarks; this machine's if omitted",
                            "旧水位所用的时区；省略则为本机时区"}});
  flags.push_back(
      {.names = "-d,--dry-run",
       .text = {"Say what would be taken over; write nothing", "只说明将接管的内容，不写入"}});
  return flags;
}

}  // namespace

Command export_import_command() {
  return {
      .name = "import",
      .summary = {"Take over tree and state of the Python or Bash exporter",
                  "接管旧 Python 或 Bash 导出程序的目录与状态"},
      .about = {"Watermarks are converted from the zone of the old exporter's machine into that of "
                "the column, and stepped back so that nothing can fall between the two. No file is "
                "rewritten or removed.",
                "将水位从旧导出程序所在机器的时区换算为列的时区，并适当回退，确保两者之间不会遗漏。"
                "不会重写或删除任何文件。"},
      .flags = import_flags(),
      .examples = {{"tidemark export state import -o ../context/invoices",
                    {"The Python exporter's tree", "Python 导出程序的目录"}},
                   {"tidemark export state import -o ../context --old-zone Asia/Shanghai",
                    {"The Bash exporter's tree", "Bash 导出程序的目录"}}},
      .run = take_over,
  };
}

}  // namespace tidemark::cli
