#include "cli/doctor_command.h"

#include <algorithm>

#include "cli/chosen_export.h"
#include "cli/doctor_hub.h"
#include "cli/doctor_load.h"
#include "cli/doctor_report.h"
#include "cli/load_settings.h"
#include "export/doctor.h"
#include "export/doctor_table.h"

namespace tidemark::cli {
namespace {

using run::Finding;
using run::Verdict;

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
    findings.push_back(run::unchecked(check, error, Verdict::failure));
    add(exporter::examine_tree(chosen.name, options, nullptr));
    return findings;
  };

  const Result<ExportSource> source = chosen_source(context, chosen.name);
  if (!source) return without_source("connection", source.error());
  const Result<std::unique_ptr<sql::Connection>> connection = source->connect();
  if (!connection) return without_source("connection", connection.error());
  findings.push_back({.check = "connection", .what = say({"{}", "{}"}, source->url.redacted())});
  Result<exporter::SourceTable> table =
      exporter::SourceTable::open(**connection, export_table(context.settings, chosen.name), {});
  if (!table) return without_source("table", table.error());
  findings.push_back({.check = "table", .what = say({"{}", "{}"}, table->spec().table)});
  const Result<std::vector<std::string>> bytes = table->look_for_bytes(**connection);
  findings.push_back(bytes ? exporter::check_tenants(*table, *bytes)
                           : run::unchecked("tenants", bytes.error()));

  const exporter::Patient patient{.connection = **connection,
                                  .table = *table,
                                  .options = options,
                                  .clock = context.world.clock};
  add(exporter::examine_source(patient));
  add(exporter::examine_tree(chosen.name, options, &patient));
  return findings;
}

Result<ExitCode> examine_and_report(Context& context) {
  if (context.arguments.has("--load")) return examine_load(context);
  for (const std::string_view flag : {"--platform", "--shop-url", "--warehouse"})
    if (context.arguments.has(flag))
      return fail(ErrorKind::usage, {"{} goes with --load", "{} 须与 --load 一起使用"}, flag);
  if (context.arguments.has("--hub")) return examine_hub_state(context);
  if (context.arguments.has("--state"))
    return fail(ErrorKind::usage, {"--state goes with --hub", "--state 须与 --hub 一起使用"});
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  if (context.arguments.has("--create-index")) {
    if (Result<void> made = create_index(context, chosen->name); !made) return fail(made.error());
  }
  const std::vector<Finding> findings = examine(context, *chosen);
  return report_findings(context, findings, {"export", chosen->name});
}

std::vector<Flag> doctor_flags() {
  std::vector<Flag> flags = tree_and_source_flags();
  flags.push_back({.names = "--create-index",
                   .text = {"Make the index that incremental exports want, if it is missing; asks "
                            "first",
                            "如缺少增量导出所需的索引则创建（会先询问）"}});
  flags.push_back(
      {.names = "--hub",
       .text = {"Examine a hub's state instead of an export", "检查 hub 的状态库，而不是导出"}});
  flags.push_back({.names = "--load",
                   .text = {"Examine what loading from a shop needs instead of an export",
                            "检查店铺加载所需的条件，而不是导出"}});
  std::ranges::move(shop_flags(), std::back_inserter(flags));
  flags.push_back(warehouse_flag());
  flags.push_back(
      {.names = "--state", .kind = FlagKind::value, .key = "state", .placeholder = "URL"});
  return flags;
}

}  // namespace

Result<void> create_index(Context& context, const std::string& name, bool dry_run) {
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
  if (dry_run) {
    context.print(say({"a run would make an index: {};", "实际运行将创建索引：{};"}, statement));
    return {};
  }
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
      .summary = {"Look for what could make an export or a load fail, slow or lossy; examine a "
                  "hub's state",
                  "检查可能导致导出或加载失败、变慢或遗漏的问题；检查 hub 的状态库"},
      .about =
          {"Asks server, table and output folder, and says of each thing whether it is right "
           "and how to mend it. Changes nothing, and reads little of a large table. Exit code "
           "0 also with warnings, 1 if something must be mended first.\n\n"
           "With --hub it examines the state of `tidemark serve` instead (--state), also while "
           "hubs run on it: that every unfinished delivery is due some time, that numbers are "
           "dense, that nothing lost its event, its body or its secret.\n\n"
           "With --load it asks the shop for a token and each list for one row: credentials, IP "
           "whitelist, permissions, clocks; and looks at the warehouse: version, grants, character "
           "set, watermarks, rows set aside, disk space.",
           "检查服务器、数据表和输出目录，逐项说明是否正常以及如何修复。不作任何修改，对大表只读取"
           "很少的数据。有警告时退出码仍为 0；存在必须修复的问题时为 1。\n\n"
           "加 --hub 时检查 `tidemark serve` 的状态库（--state），hub "
           "运行期间也可以：未完成的投递都会到期、序号连续、事件、正文和密钥都没有丢失。\n\n"
           "加 --load 时向店铺获取令牌，并从每个列表读取一行：检查凭据、IP 白名单、接口权限、时钟；"
           "并检查数仓：版本、权限、字符集、水位、拒收的行、磁盘空间。"},
      .flags = doctor_flags(),
      .examples = {{"tidemark doctor --source mysql://reader@db/finance",
                    {"Before the first export", "首次导出之前"}},
                   {"tidemark doctor --create-index --yes",
                    {"Make the index without a question", "直接创建索引"}},
                   {"tidemark doctor --hub --state sqlite:/var/lib/tidemark/hub.db",
                    {"Does all hold that a hub promises?", "hub 的承诺是否都成立？"}},
                   {"tidemark doctor --load --warehouse sqlite:warehouse.db",
                    {"Before the first load", "首次加载之前"}}},
      .run = examine_and_report,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
