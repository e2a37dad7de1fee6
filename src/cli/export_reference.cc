#include "cli/export_reference.h"

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "cli/report.h"
#include "config/source_url.h"
#include "export/reference.h"
#include "run/figures.h"
#include "sql/connection.h"

namespace tidemark::cli {
namespace {

using exporter::ReferenceList;
using exporter::ReferenceSummary;

/// A list of `reference.NAME.*` and where it goes.
struct NamedList {
  std::string_view name;
  std::string_view path;
  bool by_country;
};
constexpr NamedList named_lists[] = {
    {"currencies", "global/currencies.json", false},
    {"invoice_types", "global/invoice-types.json", false},
    {"uom_codes", "codes/uom-codes", true},
    {"tax_category_codes", "codes/tax-category-codes", true},
    {"payment_means", "codes/payment-means", true},
};

std::vector<ReferenceList> configured_lists(const config::Settings& settings) {
  std::vector<ReferenceList> lists;
  for (const NamedList& list : named_lists) {
    const auto key = [&](std::string_view last) {
      return fmt::format("reference.{}.{}", list.name, last);
    };
    lists.push_back(
        {.table = settings.text(key("table")),
         .columns = settings.list(key("columns")),
         .path = std::string(list.path),
         .country_column = list.by_country ? settings.text(key("country_column")) : std::string(),
         .order = settings.list(key("order_by"))});
  }
  return lists;
}

Result<std::unique_ptr<sql::Connection>> open_source(const Context& context) {
  Result<config::DatabaseAddress> address =
      config::reference_source(context.settings, context.world.environment);
  if (!address) return fail(std::move(address));
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url));
  if (!url->password) url->password = address->password;
  return sql::connect(*url, {.read_only = true});
}

/// What one run did, for people, programs and the shell.
struct Report {
  const ReferenceSummary& summary;
  const exporter::ReferenceOptions& options;
  std::chrono::milliseconds elapsed;
  ExitCode code;
};

nlohmann::ordered_json list_json(const ReferenceSummary::List& list) {
  nlohmann::ordered_json json{{"table", list.table},     {"rows", list.rows},
                              {"written", list.written}, {"unchanged", list.unchanged},
                              {"files", list.files},     {"stale", list.stale}};
  if (list.error) json["error"] = list.error->what.en;
  return json;
}

nlohmann::ordered_json report_json(const Report& report) {
  nlohmann::ordered_json json{{"message_type", "summary"},
                              {"command", "export reference"},
                              {"output", report.options.output_dir},
                              {"dry_run", report.options.dry_run},
                              {"rows", report.summary.rows()},
                              {"files_written", report.summary.files_written()},
                              {"files_unchanged", report.summary.files_unchanged()},
                              {"files_stale", report.summary.files_stale()},
                              {"lists_failed", report.summary.lists_failed()},
                              {"seconds", static_cast<double>(report.elapsed.count()) / 1000},
                              {"lists", nlohmann::ordered_json::array()}};
  for (const ReferenceSummary::List& list : report.summary.lists)
    json["lists"].push_back(list_json(list));
  json["exit_code"] = static_cast<int>(report.code);
  return json;
}

Message headline(const Report& report) {
  if (report.summary.stopped)
    return {"Export stopped; what is done is kept", "导出已中止，已完成的部分已保存"};
  if (report.options.dry_run) return {"Dry run: nothing was written", "试运行完成：未写入任何文件"};
  if (report.code == ExitCode::done) return {"Export complete!", "导出完成!"};
  if (report.code == ExitCode::partial) return {"Export incomplete", "导出部分完成"};
  return {"Export failed", "导出失败"};
}

void print_report(const Context& context, const Report& report) {
  const auto count = [](std::int64_t number) {
    return run::count_text(static_cast<std::uint64_t>(number));
  };
  const std::string rule(42, '=');
  for (const Message& line : {Message{rule, rule}, headline(report), Message{rule, rule}})
    context.print(line);
  for (const ReferenceSummary::List& list : report.summary.lists) {
    if (list.error) continue;
    context.print(say({"{0}: {1} {4}; files written: {2}, unchanged: {3}",
                       "{0}: {1} 条；写入文件 {2} 个，未变化 {3} 个"},
                      list.table, count(list.rows), count(list.written), count(list.unchanged),
                      plural(static_cast<std::uint64_t>(list.rows), "row", "rows")));
    for (const std::string& file : list.stale)
      context.print(say({"  {} has no rows any more; it was left in place",
                         "  {} 已没有对应的数据，文件保留未动"},
                        file));
  }
  context.print(say({"Rows: {}", "总记录数: {}"}, count(report.summary.rows())));
  context.print(say({"Files written: {}", "成功文件: {}"}, count(report.summary.files_written())));
  context.print(
      say({"Files unchanged: {}", "未变化文件: {}"}, count(report.summary.files_unchanged())));
  context.print(say({"Tables failed: {}", "失败的表: {}"}, count(report.summary.lists_failed())));
  context.print(say({"Output: {}", "输出目录: {}"}, report.options.output_dir));
  const double seconds = static_cast<double>(report.elapsed.count()) / 1000;
  context.print(say({"Total time: {:.2f} s", "总耗时: {:.2f} 秒"}, seconds));
  context.print({rule, rule});
}

ExitCode exit_code_of(const ReferenceSummary& summary, const Stop& stop) {
  if (summary.stopped) return exit_code_for(stop);
  if (summary.lists_failed() == 0) return ExitCode::done;
  return summary.lists_failed() < std::ssize(summary.lists) ? ExitCode::partial : ExitCode::failed;
}

}  // namespace

Result<ExitCode> run_export_reference(Context& context) {
  Result<std::unique_ptr<sql::Connection>> connection = open_source(context);
  if (!connection) return fail(std::move(connection));
  const exporter::ReferenceOptions options{.output_dir = context.settings.text("reference.output"),
                                           .lists = configured_lists(context.settings),
                                           .dry_run = context.arguments.has("--dry-run")};
  const SteadyTime start = context.world.clock.steady();
  const Result<ReferenceSummary> summary =
      exporter::export_reference(**connection, options, context.world.stop);
  if (!summary) return fail(summary.error());

  const Report report{.summary = *summary,
                      .options = options,
                      .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
                          context.world.clock.steady() - start),
                      .code = exit_code_of(*summary, context.world.stop)};
  for (const Message& warning : summary->warnings)
    log_line(LogLevel::warning, warning.in(context.language));
  for (const ReferenceSummary::List& list : summary->lists) {
    if (!list.error) continue;
    report_error(*list.error, {.language = context.language,
                               .colour = context.terminal.colour,
                               .json_log = context.settings.text("log.format") == "json"});
    if (context.json) report_error_line(context.world.out, *list.error);
  }
  print_report(context, report);
  if (context.json) context.world.out.json(report_json(report));
  return report.code;
}

std::vector<Flag> export_reference_flags() {
  using enum FlagKind;
  return {
      {.names = "--source", .kind = value, .key = "reference.source", .placeholder = "URL"},
      {.names = "-o,--output-dir", .kind = value, .key = "reference.output", .placeholder = "DIR"},
      {.names = "-d,--dry-run",
       .text = {"Say what a run would do; write nothing at all",
                "试运行：说明将做什么，但不写入任何内容"}}};
}

Command export_reference_command() {
  return {
      .name = "reference",
      .summary = {"Export code tables: currencies, invoice types, units, tax categories, payment "
                  "means",
                  "导出基础数据：货币、发票类型、计量单位、税种类别、支付方式"},
      .about = {"Currencies and invoice types become global/currencies.json and "
                "global/invoice-types.json; the others one file for each country below codes/. A "
                "file is rewritten only when its content differs. Tables and columns are set in "
                "reference.* of the configuration.",
                "货币和发票类型写入 global/currencies.json 与 "
                "global/invoice-types.json；其余写入 codes/ "
                "下，每个国家一个文件。内容没有变化的文件不会重写。表名和列名由配置的 "
                "reference.* 指定。"},
      .flags = export_reference_flags(),
      .examples = {{"tidemark export reference --source sqlite:sample.db",
                    {"From the sample database", "从示例数据库导出"}}},
      .run = run_export_reference,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
