#include "cli/load_export.h"

#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/context.h"
#include "cli/load_range.h"
#include "cli/load_settings.h"
#include "cli/recording.h"
#include "cli/sheet_file.h"
#include "load/sheet/csv_sheet.h"
#include "load/sheet/table_sheet.h"
#include "load/sheet/xlsx_sheet.h"
#include "run/figures.h"
#include "run/progress.h"

namespace tidemark::cli {
namespace {

/// `1,10, 11`
std::vector<std::string> listed(const std::vector<std::string>& given) {
  std::vector<std::string> items;
  for (std::string_view rest : given) {
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view item = rest.substr(0, comma);
      while (item.starts_with(' ')) item.remove_prefix(1);
      while (item.ends_with(' ')) item.remove_suffix(1);
      if (!item.empty()) items.emplace_back(item);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return items;
}

Result<load::TableSheet> planned(const Context& context) {
  const Arguments& arguments = context.arguments;
  load::SheetRequest request;
  const Result<load::SheetTable> table =
      load::sheet_table(arguments.value("--table").value_or("orders"));
  if (!table) return fail(table.error());
  const Result<OpenRange> range = open_range(arguments);
  if (!range) return fail(range.error());
  request.table = *table;
  request.from = range->from;
  request.upto = range->upto;
  request.columns = listed(arguments.values("--columns"));
  request.states = listed(arguments.values("--state"));
  request.header_names = arguments.value("--headers") == "names";
  return load::TableSheet::plan(request);
}

/// What an export did.
struct Exported {
  std::uint64_t rows = 0;
  std::uint64_t cells_cut = 0;
};

Result<Exported> write_csv(const Context& context, const load::TableSheet& sheet,
                           sql::Connection& connection, SheetFile& file,
                           std::atomic<std::uint64_t>& rows) {
  const load::CsvStyle style =
      context.arguments.has("--plain") ? load::CsvStyle::plain : load::CsvStyle::spreadsheet;
  load::CsvSheet writer(sheet.columns(), style, file.sink());
  const Result<std::uint64_t> written = sheet.write(
      connection, writer, [&rows](std::uint64_t done) { rows = done; }, context.world.stop);
  if (!written) return fail(written.error());
  return Exported{.rows = *written};
}

Result<Exported> write_xlsx(const Context& context, const load::TableSheet& sheet,
                            sql::Connection& connection, SheetFile& file,
                            std::atomic<std::uint64_t>& rows) {
  Result<std::unique_ptr<load::XlsxSheet>> writer =
      load::XlsxSheet::create(file.temporary_path(), sheet.title(), sheet.columns());
  if (!writer) return fail(std::move(writer).error());
  const Result<std::uint64_t> written = sheet.write(
      connection, **writer, [&rows](std::uint64_t done) { rows = done; }, context.world.stop);
  if (!written) return fail(written.error());
  return Exported{.rows = *written, .cells_cut = (*writer)->cells_cut()};
}

using WriteSheet = Result<Exported> (*)(const Context&, const load::TableSheet&, sql::Connection&,
                                        SheetFile&, std::atomic<std::uint64_t>&);

Result<Exported> export_to(const Context& context, SheetFile& file, const load::TableSheet& sheet,
                           WriteSheet write) {
  const Result<load::ConnectWarehouse> connect = warehouse(context, WarehouseUse::read);
  if (!connect) return fail(connect.error());
  const Result<std::unique_ptr<sql::Connection>> connection = (*connect)();
  if (!connection) return fail(connection.error());
  std::atomic<std::uint64_t> rows{0};
  run::ProgressDisplay display(progress_options(context), context.world.clock,
                               [&rows] { return run::ProgressSnapshot{.records_done = rows}; });
  Result<Exported> exported = write(context, sheet, **connection, file, rows);
  display.finish();
  if (!exported) return exported;
  if (Result<void> done = file.commit(); !done) return fail(std::move(done).error());
  return exported;
}

void show(const Context& context, const SheetFile& file, const std::string& path,
          const std::string& command, const Exported& exported) {
  if (context.json) {
    context.world.out.json({{"message_type", "summary"},
                            {"command", command},
                            {"table", context.arguments.value("--table").value_or("orders")},
                            {"output", path},
                            {"rows", exported.rows},
                            {"cells_cut", exported.cells_cut},
                            {"exit_code", 0}});
    return;
  }
  print_beside(context, &file,
               file.is_stdout()
                   ? say({"{} rows", "{} 行"}, run::count_text(exported.rows))
                   : say({"{}: {} rows", "{}：{} 行"}, path, run::count_text(exported.rows)));
  if (exported.cells_cut > 0)
    print_beside(context, &file,
                 say({"{} texts were longer than a cell can hold, and are cut",
                      "{} 处文本超出单元格上限，已截断"},
                     run::count_text(exported.cells_cut)));
}

Result<ExitCode> run_export(Context& context, const std::string& command, WriteSheet write,
                            bool stdout_allowed) {
  const std::optional<std::string> path = context.arguments.value("--output");
  if (!path) return fail(ErrorKind::usage, {"--output FILE is missing", "缺少 --output FILE"});
  if (*path == "-" && !stdout_allowed)
    return fail(ErrorKind::usage, {"a workbook goes to a file, not to stdout",
                                   "工作簿只能写入文件，不能写到标准输出"});
  const Result<load::TableSheet> sheet = planned(context);
  if (!sheet) return fail(sheet.error());
  Result<SheetFile> file = SheetFile::open(context, *path);
  if (!file) return fail(std::move(file).error());
  RecordedRun recorded(context, command);
  const Result<Exported> exported = export_to(context, *file, *sheet, write);
  if (!exported) {
    recorded.finish(failed_end(context, exported.error()));
    Error error = exported.error();
    if (error.kind == ErrorKind::cancelled)
      error =
          std::move(error).with_hint({"again: {}", "重做：{}"}, printable(context.command_line));
    return fail(std::move(error));
  }
  recorded.finish({.status = run_status(ExitCode::done),
                   .counts = fmt::format(R"({{"rows":{}}})", exported->rows),
                   .exit_code = 0});
  show(context, *file, *path, command, *exported);
  return ExitCode::done;
}

Result<ExitCode> run_csv(Context& context) {
  return run_export(context, "load export-csv", write_csv, true);
}
Result<ExitCode> run_xlsx(Context& context) {
  return run_export(context, "load export-xlsx", write_xlsx, false);
}

std::vector<Flag> sheet_flags(Wording output) {
  using enum FlagKind;
  return {
      {.names = "-o,--output", .kind = value, .placeholder = "FILE", .text = output},
      {.names = "--table",
       .kind = value,
       .placeholder = "TABLE",
       .fallback = "orders",
       .text = {"Which table", "导出哪张表"}},
      {.names = "--from",
       .kind = value,
       .placeholder = "DATE",
       .text = {"Rows from this day or time on (UTC+8; orders: when they were placed)",
                "时间起点（UTC+8；订单为下单时间）"}},
      {.names = "--to",
       .kind = value,
       .placeholder = "DATE",
       .text = {"… up to this one, included", "时间终点（含）"}},
      {.names = "--columns",
       .kind = repeated,
       .placeholder = "NAMES",
       .text = {"Columns of the table, in this order: order_id,price",
                "要导出的列及顺序：order_id,price"}},
      {.names = "--state",
       .kind = repeated,
       .placeholder = "CODES",
       .text = {"Only rows in these states: 1,10,11", "只导出这些状态的行：1,10,11"}},
      {.names = "--headers",
       .kind = value,
       .choices = "chinese|names",
       .fallback = "chinese",
       .text = {"Headers in Chinese, or the names of the columns", "中文表头，或列名"}},
      warehouse_flag(),
  };
}

}  // namespace

Command load_export_csv_command() {
  std::vector<Flag> flags = sheet_flags({"Where to; - for stdout", "输出文件；- 表示标准输出"});
  flags.push_back({.names = "--plain",
                   .text = {"For programs: no tab before ids, no apostrophe before formulas",
                            "供程序读取：编号前不加制表符，公式前不加单引号"}});
  return {
      .name = "export-csv",
      .summary = {"Write orders as CSV for Excel", "将订单导出为适合 Excel 的 CSV"},
      .about = {"UTF-8 with a byte order mark, Chinese headers. Ids that a spreadsheet would take "
                "for numbers have a tab in front, texts that it would run as formulas an "
                "apostrophe. The file appears whole or not at all.",
                "UTF-8（带 BOM）、中文表头。会被当作数字的编号前加制表符，会被当作公式的文本前加"
                "单引号。文件要么完整出现，要么不出现。"},
      .flags = std::move(flags),
      .examples =
          {{"tidemark load export-csv --from 2025-01-01 --to 2025-01-31 -o orders.csv",
            {"The orders of a month", "某月的订单"}},
           {"tidemark load export-csv --columns order_id,price --headers names --plain -o -",
            {"For a program", "供程序使用"}}},
      .run = run_csv,
      .summarises = true,
  };
}

Command load_export_xlsx_command() {
  return {
      .name = "export-xlsx",
      .summary = {"Write orders as an Excel workbook", "将订单导出为 Excel 工作簿"},
      .about =
          {"Ids and texts are text cells, money has two decimals, times are dates. A sheet "
           "holds 1,048,576 rows; further ones go to further sheets. The same rows give the "
           "same bytes. The file appears whole or not at all.",
           "编号和文本为文本单元格，金额保留两位小数，时间为日期格式。每个工作表最多 1,048,576 "
           "行，超出部分写入后续工作表。相同的数据得到逐字节相同的文件。文件要么完整出现，要么"
           "不出现。"},
      .flags = sheet_flags({"Where to", "输出文件"}),
      .examples = {{"tidemark load export-xlsx --from 2025-01-01 --to 2025-12-31 -o orders.xlsx",
                    {"The orders of a year", "某年的订单"}},
                   {"tidemark load export-xlsx --state 10,11 -o refunded.xlsx",
                    {"What was refunded", "已退款的订单"}}},
      .run = run_xlsx,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
