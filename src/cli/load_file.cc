#include "cli/load_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/system_error.h"
#include "cli/load_settings.h"
#include "cli/load_stream.h"
#include "load/file/extractor.h"
#include "load/file/platform.h"
#include "load/platforms.h"
#include "samples/text_file.h"

namespace tidemark::cli {
namespace {

Result<std::size_t> read_stdin(char* into, std::size_t limit) {
  while (true) {
    const ssize_t read = ::read(STDIN_FILENO, into, limit);
    if (read >= 0) return static_cast<std::size_t>(read);
    if (errno != EINTR) return fail_errno(errno, {"cannot read stdin", "无法读取标准输入"});
  }
}

Result<load::file::Format> format_of(const Context& context, const std::string& path) {
  if (const auto given = context.arguments.value("--format"))
    return load::file::format_named(*given).value();
  std::string_view name = path;
  if (name.ends_with(".gz")) name.remove_suffix(std::string_view(".gz").size());
  if (name.ends_with(".csv")) return load::file::Format::csv;
  if (name.ends_with(".tsv")) return load::file::Format::tsv;
  if (name.ends_with(".ndjson") || name.ends_with(".jsonl")) return load::file::Format::ndjson;
  if (name.ends_with(".xlsx") || name.ends_with(".xls"))
    return fail(
        make_error(ErrorKind::usage,
                   {"{} is a workbook, which is not read", "{} 是 Excel 工作簿，不能直接读取"},
                   printable(path))
            .with_hint(
                {"save the sheet as \"CSV UTF-8\"", "请将工作表另存为“CSV UTF-8（逗号分隔）”"}));
  return fail(ErrorKind::usage, {"the name of the file does not tell its format: give --format",
                                 "无法从文件名判断格式：请指定 --format"});
}

Result<load::file::FieldMap> map_of(const Context& context) {
  load::file::FieldMap map;
  for (const std::string& given : context.arguments.values("--map")) {
    const std::size_t equals = given.find('=');
    const auto field = load::file::field_named(given.substr(0, equals));
    if (!field || equals == std::string::npos || equals + 1 == given.size())
      return fail(ErrorKind::usage,
                  {"--map takes FIELD=COLUMN, not '{}'. The fields: {}",
                   "--map 需要 字段=列名，不能是“{}”。可用的字段：{}"},
                  printable(given), load::file::field_names());
    map[*field] = given.substr(equals + 1);
  }
  return map;
}

/// The header of a file that has none: the names as one row of it.
std::string header_of(const std::string& columns, load::file::Format format) {
  std::string header = columns;
  if (format == load::file::Format::tsv) std::ranges::replace(header, ',', '\t');
  return header;
}

Result<load::file::Layout> layout_of(const Context& context, const std::string& path) {
  const Arguments& arguments = context.arguments;
  const Result<load::file::Format> format = format_of(context, path);
  if (!format) return fail(format.error());
  Result<load::file::FieldMap> map = map_of(context);
  if (!map) return fail(std::move(map).error());
  const std::string zone_text = arguments.value("--time-zone").value_or("+08:00");
  const std::optional<std::chrono::minutes> zone = load::file::zone_of(zone_text);
  if (!zone)
    return fail(ErrorKind::usage,
                {"--time-zone takes an offset such as +08:00, not '{}'",
                 "--time-zone 需要时差，如 +08:00，不能是“{}”"},
                printable(zone_text));
  return load::file::Layout{.format = *format,
                            .header = header_of(arguments.value("--columns").value_or(""), *format),
                            .map = std::move(*map),
                            .amounts_in_fen = arguments.value("--amount-unit") == "fen",
                            .nulls = arguments.values("--null"),
                            .zone = *zone};
}

/// When the rows were true: a file says that by its time of change.
Result<WallTime> observed_at(const Context& context, const std::string& path) {
  const WallTime now = context.world.clock.wall();
  const std::string as_of = context.arguments.value("--as-of").value_or("");
  if (as_of == "now") return now;
  if (!as_of.empty()) {
    const auto given = load::file::time_of(as_of, load::file::warehouse_offset);
    if (!given)
      return fail(ErrorKind::usage,
                  {"--as-of takes a time such as 2025-01-31 08:30:00, or now; not '{}'",
                   "--as-of 需要时间，如 2025-01-31 08:30:00，或 now；不能是“{}”"},
                  printable(as_of));
    return std::min(now, WallTime(given->time().time_since_epoch()) - load::file::warehouse_offset);
  }
  if (path == "-") return now;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0)
    return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));
  const auto changed = std::chrono::seconds(status.st_mtim.tv_sec) +
                       std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return std::min(now, WallTime(std::chrono::duration_cast<WallTime::duration>(changed)));
}

Result<std::string> platform_name(const Context& context) {
  std::string name = context.arguments.value("--platform").value_or("file");
  constexpr std::size_t bytes_max = 32;
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  const load::Platform* platform = load::platform_named(name);
  if (!name.empty() && name.size() <= bytes_max && plain &&
      (platform == nullptr || platform == &load::file::platform()))
    return name;
  return fail(ErrorKind::usage,
              {"--platform takes a name of a-z, 0-9, _ and - that is no other platform's, not '{}'",
               "--platform 需要由 a-z、0-9、_、- 组成且未被其他平台使用的名称，不能是“{}”"},
              printable(name));
}

Result<ExitCode> run(Context& context) {
  const World& world = context.world;
  const std::string path = context.arguments.positional("PATH").value_or("-");
  const Result<std::string> platform = platform_name(context);
  if (!platform) return fail(platform.error());
  Result<load::file::Layout> layout = layout_of(context, path);
  if (!layout) return fail(std::move(layout).error());
  const Result<WallTime> observed = observed_at(context, path);
  if (!observed) return fail(observed.error());
  load::file::ByteSource source = read_stdin;
  if (path != "-") {
    Result<samples::ByteSource> file = samples::open_text_file(path);
    if (!file) return fail(std::move(file).error());
    source = std::move(*file);
  }
  const auto extractor = load::file::FileExtractor::open(
      std::move(source), {.layout = std::move(*layout), .observed_at = *observed}, world.stop);
  if (!extractor) return fail(extractor.error());
  Result<load::LoadOptions> options = load_options(context, load::LoadMode::picked, false);
  if (!options) return fail(std::move(options).error());
  StoppablePause pause(world.stop);
  const std::unique_ptr<load::StreamTables> tables =
      load::file::order_tables(*platform, context.settings);
  return run_load(context, {.extractor = **extractor,
                            .tables = *tables,
                            .pause = pause,
                            .options = *options,
                            .columns = [&] { return (*extractor)->column_use(); },
                            .name = "load file"});
}

std::vector<Flag> flags() {
  using enum FlagKind;
  return {
      {.names = "--format",
       .kind = value,
       .choices = "csv|tsv|ndjson",
       .text = {"What the file is; otherwise its name tells", "文件格式；不指定则按文件名判断"}},
      {.names = "--platform",
       .kind = value,
       .placeholder = "NAME",
       .fallback = "file",
       .text = {"What the orders are kept under, in the column platform",
                "订单归属的名称，写入 platform 列"}},
      {.names = "--map",
       .kind = repeated,
       .placeholder = "FIELD=COLUMN",
       .text = {"Which column a field is; otherwise its usual names are looked for",
                "指定字段对应的列；不指定则按常见列名查找"}},
      {.names = "--columns",
       .kind = value,
       .placeholder = "A,B,C",
       .text = {"The names of the columns, for a file without a header", "无表头文件的各列名称"}},
      {.names = "--time-zone",
       .kind = value,
       .placeholder = "OFFSET",
       .fallback = "+08:00",
       .text = {"By which clock times are written that name no zone",
                "未注明时区的时间所属的时区"}},
      {.names = "--amount-unit",
       .kind = value,
       .choices = "yuan|fen",
       .fallback = "yuan",
       .text = {"Unit of the amounts: yuan (dollars, …), or fen (cents, …)",
                "金额单位：元，或分（1/100）"}},
      {.names = "--null",
       .kind = repeated,
       .placeholder = "TEXT",
       .text = {"A value that stands for none, as databases write it: NULL, \\N",
                "表示空值的文本，如数据库导出的 NULL、\\N"}},
      {.names = "--as-of",
       .kind = value,
       .placeholder = "TIME",
       .text = {"When the rows were true (UTC+8), or now; otherwise the file's time of change",
                "这些行的数据时间（UTC+8），或 now；不指定则取文件修改时间"}},
      warehouse_flag(),
      {.names = "-d,--dry-run",
       .text = {"Read and compare; write nothing at all", "试运行：读取并比对，不写入任何内容"}},
  };
}

}  // namespace

Command load_file_command() {
  return {
      .name = "file",
      .summary = {"Load orders from a CSV, TSV or NDJSON file",
                  "从 CSV、TSV 或 NDJSON 文件加载订单"},
      .about =
          {"Reads order rows into the same tables as the orders of a shop. Rows of one order that "
           "follow one another become one order with its items. Every row is kept to the byte, "
           "amounts are exact, the same file again changes nothing, and what an older file says "
           "never replaces what a newer one said. Rows that cannot be stored are set aside (exit "
           "code 3).",
           "把订单行读入与店铺订单相同的数据表。同一订单相邻的各行合为一个订单及其明细。逐字节保留"
           "每一行，金额精确；重复加载同一文件不会改动任何行，较旧的文件不会覆盖较新的内容。"
           "无法保存的行会被拒收（退出码 3）。"},
      .flags = flags(),
      .positionals = {{.name = "PATH",
                       .text = {"The file (also .gz), or - for stdin",
                                "文件（可为 .gz），或用 - 表示标准输入"}}},
      .examples = {{"tidemark load file orders.csv --platform webshop",
                    {"Columns are found by their names", "按列名识别各列"}},
                   {"tidemark load file old.csv --map order_id=No --map created_at=Date",
                    {"Columns by names of their own", "指定列名"}},
                   {"tidemark load file orders.csv --as-of now",
                    {"The same file again, after a column was mapped otherwise",
                     "更改列映射后重新加载同一文件"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
