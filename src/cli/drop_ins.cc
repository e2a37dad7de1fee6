#include "cli/drop_ins.h"

#include "cli/export_invoices.h"
#include "cli/export_reference.h"
#include "cli/lines_report.h"

namespace tidemark::cli {
namespace {

constexpr std::string_view invoices_folder = "../context/invoices";
constexpr std::string_view basic_data_folder = "../context/basic-data";

/// Help shows the folder that is the default here.
std::vector<Flag> with_folder(std::vector<Flag> flags, std::string_view folder) {
  for (Flag& flag : flags)
    if (flag.long_name() == "--output-dir") flag.fallback = folder;
  return flags;
}

std::vector<Flag> invoice_flags() {
  std::vector<Flag> flags = with_folder(export_flags(), invoices_folder);
  flags.push_back({.names = "--report",
                   .kind = FlagKind::value,
                   .choices = "table|lines",
                   .fallback = "table",
                   .text = {"How the run is summed up: a table, or the lines of the Bash script",
                            "运行结果的形式：汇总表，或与 Bash 脚本相同的日志行"}});
  return flags;
}

Result<ExitCode> run_invoice_data(Context& context) {
  const bool lines = context.arguments.value("--report").value_or("table") == "lines";
  return run_export(context, "invoices", lines ? lines_report : exporter::summary_text);
}

}  // namespace

Program export_invoice_data_program() {
  return {
      .command =
          {.name = "export_invoice_data",
           .summary = {"exports invoices, one JSON file each; in place of export_invoice_data.py",
                       "导出发票数据，每张一个 JSON 文件；可直接替换 export_invoice_data.py"},
           .about = {"Options, variables (DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME, "
                     "PROGRESS_INTERVAL) and folders are those of the script. It is the same "
                     "program as `tidemark export invoices`, which has further commands.",
                     "选项、环境变量（DB_HOST、DB_PORT、DB_USER、DB_PASSWORD、DB_NAME、"
                     "PROGRESS_INTERVAL）和目录与原脚本一致。本程序即 tidemark export "
                     "invoices；tidemark 另有更多命令。"},
           .flags = invoice_flags(),
           .examples = {{"export_invoice_data", {"Everything", "全量导出"}},
                        {"export_invoice_data --incremental --threads 8 --compress",
                         {"What changed, compressed", "增量导出，8 线程并压缩"}},
                        {"export_invoice_data -i -d -l 5",
                         {"What would happen, for five groups", "试运行，仅 5 个分组"}}},
           .table = "invoices",
           .run = run_invoice_data,
           .summarises = true},
      .language = Language::chinese,
      .defaults = {{"export.invoices.output", std::string(invoices_folder)}},
      .variables = {{"OUTPUT_DIR", "export.invoices.output"}}};
}

Program export_basic_data_program() {
  return {
      .command =
          {.name = "export_basic_data",
           .summary = {"exports code tables as JSON files; in place of export_basic_data.py",
                       "导出基础数据（货币、发票类型、代码表）；可直接替换 export_basic_data.py"},
           .about =
               {"Variables: OUTPUT_DIR, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME. It is "
                "the same program as `tidemark export reference`.",
                "环境变量：OUTPUT_DIR、DB_HOST、DB_PORT、DB_USER、DB_PASSWORD、DB_NAME。"
                "本程序即 tidemark export reference。"},
           .flags = with_folder(export_reference_flags(), basic_data_folder),
           .examples = {{"OUTPUT_DIR=/srv/basic-data export_basic_data",
                         {"Into another folder", "导出到其他目录"}}},
           .run = run_export_reference,
           .summarises = true},
      .language = Language::chinese,
      .defaults = {{"reference.output", std::string(basic_data_folder)}},
      .variables = {{"OUTPUT_DIR", "reference.output"}}};
}

}  // namespace tidemark::cli
