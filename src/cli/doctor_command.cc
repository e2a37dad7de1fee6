#include "cli/doctor_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/chosen_export.h"
#include "cli/wrap.h"
#include "export/doctor.h"
#include "export/doctor_table.h"

namespace tidemark::cli {
namespace {

using exporter::Finding;
using exporter::Verdict;

/// Building an index over many millions of rows takes that long without a byte from the server.
constexpr std::chrono::hours index_timeout{24};

/// All findings about one export. What the connection would have told is left out without one.
std::vector<Finding> examine(const Context& context, const ChosenExport& chosen) {
  exporter::ExportOptions options = configured_options(context.settings, chosen.name);
  options.output = chosen.output;
  std::vector<Finding> findings;
  for (const Message& warning : context.settings.warnings()) {
    findings.push_back({.check = "config", .verdict = Verdict::warning, .what = warning});
  }
  if (findings.empty()) {
    const auto& file = context.settings.file();
    findings.push_back({.check = "config",
                        .what = file ? say({"{}", "{}"}, *file)
                                     : say({"no file; environment and defaults",
                                            "无配置文件，取自环境变量和默认值"})});
  }
  const auto add = [&](std::vector<Finding> more) {
    std::ranges::move(more, std::back_inserter(findings));
  };
  const auto without_source = [&](std::string_view check, const Error& error) {
    findings.push_back(exporter::unchecked(check, error, Verdict::failure));
    add(exporter::examine_tree(options, nullptr));
    return findings;
  };

  const Result<ExportSource> source = chosen_source(context, chosen.name);
  if (!source) return without_source("connection", source.error());
  const Result<std::unique_ptr<sql::Connection>> connection = source->connect();
  if (!connection) return without_source("connection", connection.error());
  findings.push_back({.check = "connection", .what = say({"{}", "{}"}, source->url.redacted())});
  const Result<exporter::SourceTable> table =
      exporter::SourceTable::open(**connection, export_table(context.settings, chosen.name), {});
  if (!table) return without_source("table", table.error());
  findings.push_back({.check = "table", .what = say({"{}", "{}"}, table->spec().table)});

  const exporter::Patient patient{.connection = **connection,
                                  .table = *table,
                                  .options = options,
                                  .clock = context.world.clock};
  add(exporter::examine_source(patient));
  add(exporter::examine_tree(options, &patient));
  return findings;
}

Wording verdict_wording(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return {"ok", "正常"};
    case Verdict::warning:
      return {"warning", "警告"};
    case Verdict::failure:
      return {"FAILURE", "失败"};
  }
  return {};
}

/// What each check is about, for people.
Wording check_wording(std::string_view check) {
  static constexpr std::pair<std::string_view, Wording> table[] = {
      {"config", {"configuration", "配置"}},
      {"connection", {"connection", "连接"}},
      {"table", {"table", "数据表"}},
      {"version", {"server", "服务器"}},
      {"clock", {"clocks", "时钟"}},
      {"zone", {"time zone", "时区"}},
      {"grants", {"grants", "权限"}},
      {"replica", {"replica", "主从"}},
      {"select", {"columns", "列"}},
      {"names", {"comparison", "比较方式"}},
      {"charset", {"character set", "字符集"}},
      {"index", {"index", "索引"}},
      {"update_time", {"update time", "更新时间列"}},
      {"null_stamps", {"NULL stamps", "空更新时间"}},
      {"future_stamps", {"future stamps", "未来时间"}},
      {"output", {"output folder", "输出目录"}},
      {"disk", {"disk space", "磁盘空间"}},
      {"inodes", {"inodes", "inode"}},
      {"state", {"watermarks", "水位"}},
      {"tree_index", {"tree's index", "目录索引"}},
      {"source", {"tree's source", "目录数据源"}},
  };
  for (const auto& [id, wording] : table)
    if (id == check) return wording;
  return {check, check};
}

void print_finding(const Context& context, const Finding& finding) {
  constexpr std::size_t verdict_columns = 7;
  constexpr std::size_t check_columns = 14;
  context.world.out.line(fmt::format(
      "{}  {}  {}", pad(verdict_wording(finding.verdict).in(context.language), verdict_columns),
      pad(check_wording(finding.check).in(context.language), check_columns),
      finding.what.in(context.language)));
  const std::string indent(verdict_columns + check_columns + 4, ' ');
  if (!finding.mend.empty()) {
    context.world.out.line(indent + "→ " + finding.mend.in(context.language));
  }
  if (!finding.statement.empty()) context.world.out.line(indent + "  " + finding.statement + ";");
}

Result<ExitCode> examine_and_report(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  if (context.arguments.has("--create-index")) {
    if (Result<void> made = create_index(context, chosen->name); !made) return fail(made.error());
  }
  const std::vector<Finding> findings = examine(context, *chosen);
  const auto count = [&](Verdict verdict) {
    return std::ranges::count(findings, verdict, &Finding::verdict);
  };
  const ExitCode code = count(Verdict::failure) > 0 ? ExitCode::failed : ExitCode::done;
  if (context.json) {
    for (const Finding& finding : findings) {
      context.world.out.json({{"message_type", "finding"},
                              {"check", finding.check},
                              {"verdict", exporter::name(finding.verdict)},
                              {"what", finding.what.en},
                              {"mend", finding.mend.en},
                              {"statement", finding.statement}});
    }
    context.world.out.json({{"message_type", "summary"},
                            {"command", "doctor"},
                            {"export", chosen->name},
                            {"ok", count(Verdict::ok)},
                            {"warnings", count(Verdict::warning)},
                            {"failures", count(Verdict::failure)},
                            {"exit_code", static_cast<int>(code)}});
    return code;
  }
  for (const Finding& finding : findings) print_finding(context, finding);
  context.print(say({"{} ok, {} warnings, {} failures", "正常 {} 项，警告 {} 项，失败 {} 项"},
                    count(Verdict::ok), count(Verdict::warning), count(Verdict::failure)));
  return code;
}

std::vector<Flag> doctor_flags() {
  std::vector<Flag> flags = tree_and_source_flags();
  flags.push_back({.names = "--create-index",
                   .text = {"Make the index that incremental exports want, if it is missing; asks "
                            "first",
                            "如缺少增量导出所需的索引则创建（会先询问）"}});
  return flags;
}

}  // namespace

Result<void> create_index(Context& context, const std::string& name) {
  const Result<ExportSource> source = export_database(context, name);
  if (!source) return fail(source.error());
  const Result<std::unique_ptr<sql::Connection>> connection =
      sql::connect(source->url, {.read_timeout = index_timeout});
  if (!connection) return fail(connection.error());
  const Result<exporter::SourceTable> table =
      exporter::SourceTable::open(**connection, export_table(context.settings, name), {});
  if (!table) return fail(table.error());
  const exporter::TableSpec& spec = table->spec();
  if (spec.update_time.empty() ||
      table->table().index_on(exporter::wanted_index_columns(spec)) != nullptr) {
    return {};
  }
  const std::string statement = exporter::create_index_statement(**connection, spec);
  const Result<bool> agreed =
      context.confirm(say({"{};\nMake this index? It takes a while on a large table.",
                           "{};\n是否创建该索引？大表需要较长时间。"},
                          statement));
  if (!agreed) return fail(agreed.error());
  if (!*agreed) return {};
  const Result<std::int64_t> made = (*connection)->execute(statement);
  if (!made) {
    return fail(
        Error{made.error()}
            .within({"cannot make the index", "无法创建索引"})
            .with_hint({"let somebody with the right to do so run: {};", "请由有权限的人执行：{};"},
                       statement));
  }
  context.print(say({"made the index {}", "已创建索引 {}"}, exporter::wanted_index_name(spec)));
  return {};
}

Command doctor_command() {
  return {
      .name = "doctor",
      .summary = {"Look for what could make an export fail, slow or lossy",
                  "检查可能导致导出失败、变慢或遗漏的问题"},
      .about =
          {"Asks server, table and output folder, and says of each thing whether it is right "
           "and how to mend it. Changes nothing, and reads little of a large table. Exit code "
           "0 also with warnings, 1 if something must be mended first.",
           "检查服务器、数据表和输出目录，逐项说明是否正常以及如何修复。不作任何修改，对大表只读取"
           "很少的数据。有警告时退出码仍为 0；存在必须修复的问题时为 1。"},
      .flags = doctor_flags(),
      .examples = {{"tidemark doctor --source mysql://reader@db/finance",
                    {"Before the first export", "首次导出之前"}},
                   {"tidemark doctor --create-index --yes",
                    {"Make the index without a question", "直接创建索引"}}},
      .run = examine_and_report,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
