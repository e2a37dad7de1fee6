#include "cli/samples_import.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "cli/context.h"
#include "cli/flag_value.h"
#include "cli/samples_loading.h"
#include "cli/samples_target.h"
#include "run/figures.h"
#include "samples/import_code_lists.h"
#include "samples/import_gobl.h"
#include "samples/import_online_retail.h"
#include "samples/text_file.h"

namespace tidemark::cli {
namespace {

/// A source whose first invoice has been read.
class BegunSource final : public samples::InvoiceSource {
 public:
  explicit BegunSource(samples::InvoiceSource& source) : source_(source) {}

  /// False: it has none.
  [[nodiscard]] Result<bool> begin() {
    Result<bool> any = source_.next(first_.emplace());
    if (!any || !*any) first_.reset();
    return any;
  }
  [[nodiscard]] Result<bool> next(samples::Invoice& out) override {
    if (!first_) return source_.next(out);
    out = std::move(*first_);
    first_.reset();
    return true;
  }

 private:
  samples::InvoiceSource& source_;
  std::optional<samples::Invoice> first_;
};

/// Loads `all` into the table of --to, and prints what was written. `more` adds to the summary line
/// what the source knows; `nothing` says that it has no invoice, before anything is written.
Result<ExitCode> import_invoices(Context& context, std::string_view command,
                                 samples::InvoiceSource& all,
                                 const std::function<void(nlohmann::ordered_json&)>& more,
                                 const std::function<Error()>& nothing) {
  const Result<samples::IfNotEmpty> policy = if_not_empty(context);
  if (!policy) return fail(policy.error());
  BegunSource source(all);
  const Result<bool> any = source.begin();
  if (!any) return std::unexpected(any.error());
  if (!*any) return fail(nothing());
  const samples::TableOptions table = table_options(context, *policy);
  Result<SamplesTarget> target = samples_target(context, true);
  if (!target) return fail(std::move(target));
  const Result<Loading> loading =
      load_with_progress(context, table, std::nullopt, [&](const samples::TableOptions& options) {
        return samples::load_invoices(*target->connection, source, options, context.world.stop);
      });
  if (!loading) return fail(loading.error());

  const std::string database = target->url.redacted();
  const ExitCode code = exit_code_of(context, loading->rows);
  print_loading(context, database, table.table, *loading);
  if (loading->rows.stopped)
    context.print(say({"stopped: the table holds only a part; begin anew with --replace",
                       "已中止：表中只有一部分数据；请加 --replace 重新导入"}));
  nlohmann::ordered_json line = loading_json(command, database, table.table, *loading);
  more(line);
  line["exit_code"] = static_cast<int>(code);
  if (context.json) context.world.out.json(line);
  return code;
}

Result<ExitCode> online_retail(Context& context) {
  const std::string path = *context.arguments.positional("FILE");
  Result<samples::ByteSource> file = samples::open_text_file(path);
  if (!file) return fail(std::move(file));
  samples::OnlineRetailOptions options;
  options.tenant = context.arguments.value("--tenant").value_or(options.tenant);
  samples::OnlineRetailInvoices source(std::move(*file), options);
  const auto nothing = [&] {
    return make_error(ErrorKind::not_found, {"there is no invoice in {}", "{} 中没有发票"},
                      printable(path))
        .with_hint({"expected are lines below the header, as online_retail.csv has them",
                    "表头之下应有明细行，如 online_retail.csv"});
  };
  return import_invoices(
      context, "samples import online-retail", source,
      [&](nlohmann::ordered_json& line) {
        const samples::OnlineRetailFigures& figures = source.figures();
        context.print(say({"{} lines, {} cancellations, {} countries, {} GBP in all",
                           "共 {} 行明细，{} 张冲销，{} 个国家，总额 {} 英镑"},
                          run::count_text(static_cast<std::uint64_t>(figures.lines)),
                          run::count_text(static_cast<std::uint64_t>(figures.cancellations)),
                          figures.countries.size(), figures.amount.text()));
        for (const std::string& country : figures.unknown_countries)
          log_line(LogLevel::debug,
                   say({"no code for the country '{}'", "国家“{}”没有代码"}, country)
                       .in(context.language));
        line["lines"] = figures.lines;
        line["cancellations"] = figures.cancellations;
        line["amount_gbp"] = figures.amount.text();
        line["countries"] = figures.countries;
        line["unknown_countries"] = figures.unknown_countries;
      },
      nothing);
}

Error no_gobl_invoice(const std::string& folder, const samples::GoblFigures& figures) {
  Error error =
      make_error(ErrorKind::not_found, {"there is no GOBL invoice in {}", "{} 中没有 GOBL 发票"},
                 printable(folder));
  if (figures.skipped.empty()) {
    return std::move(error).with_hint(
        {"expected are .json files in it or below, one invoice each; there is none",
         "该目录或其子目录中应有 .json 文件，每张发票一个；没有找到"});
  }
  const samples::GoblFigures::Skipped& first = figures.skipped.front();
  const Message hint = say({"expected are .json files, one invoice each; {0} {3} no invoice, such "
                            "as {1}: {2}",
                            "应为每张发票一个 .json 文件；{0} 个文件都不是，例如 {1}："},
                           figures.skipped.size(), printable(first.path), first.reason.en,
                           plural(figures.skipped.size(), "file is", "files are"));
  error.hint = {.en = hint.en, .zh = hint.zh + first.reason.zh};
  return error;
}

Result<ExitCode> gobl(Context& context) {
  const std::string folder = *context.arguments.positional("DIR");
  auto stamp = time_flag(context.arguments, "--stamp");
  if (!stamp) return fail(std::move(stamp));
  Result<samples::GoblInvoices> source =
      samples::GoblInvoices::open(folder, {.update_time = *stamp});
  if (!source) return fail(std::move(source));
  return import_invoices(
      context, "samples import gobl", *source,
      [&](nlohmann::ordered_json& line) {
        const samples::GoblFigures& figures = source->figures();
        line["without_number"] = figures.without_number;
        line["skipped"] = nlohmann::ordered_json::array();
        for (const samples::GoblFigures::Skipped& skipped : figures.skipped) {
          log_line(LogLevel::warning, say({"left out {}: {}", "未导入 {}：{}"}, skipped.path,
                                          skipped.reason.in(context.language))
                                          .in(context.language));
          line["skipped"].push_back({{"path", skipped.path}, {"reason", skipped.reason.en}});
        }
        context.print(
            say({"{} files are no invoices and were left out", "另有 {} 个文件不是发票，未导入"},
                figures.skipped.size()));
      },
      [&] { return no_gobl_invoice(folder, source->figures()); });
}

Result<ExitCode> code_lists(Context& context) {
  const Result<samples::IfNotEmpty> policy = if_not_empty(context);
  if (!policy) return fail(policy.error());
  Result<SamplesTarget> target = samples_target(context, true);
  if (!target) return fail(std::move(target));
  const Result<samples::CodeListFigures> figures = samples::import_code_lists(
      *target->connection, *context.arguments.positional("DIR"),
      {.countries = context.arguments.values("--country"), .if_not_empty = *policy});
  if (!figures) return fail(figures.error());

  for (const auto& [table, codes] : figures->codes)
    context.print(say({"{}: {} codes", "{}：{} 个代码"}, table,
                      run::count_text(static_cast<std::uint64_t>(codes))));
  context.print(say({"{} rows of {} files written to {}; {} withdrawn codes left out",
                     "已将 {1} 个文件中的 {0} 行写入 {2}；{3} 个已撤销的代码未导入"},
                    run::count_text(static_cast<std::uint64_t>(figures->rows)),
                    figures->files.size(), target->url.redacted(), figures->withdrawn));
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "samples import code-lists"},
                            {"database", target->url.redacted()},
                            {"files", figures->files},
                            {"codes", figures->codes},
                            {"rows", figures->rows},
                            {"withdrawn", figures->withdrawn},
                            {"exit_code", static_cast<int>(ExitCode::done)}});
  return ExitCode::done;
}

/// --to, those of the table, and `own`.
std::vector<Flag> invoice_flags(const Flag& own) {
  std::vector<Flag> flags = {to_flag()};
  for (const Flag& flag : table_flags()) flags.push_back(flag);
  flags.push_back(own);
  return flags;
}

Command online_retail_command() {
  return {
      .name = "online-retail",
      .summary = {"The UCI data set Online Retail: 25,900 invoices of a shop, as CSV",
                  "UCI 数据集 Online Retail：一家商店的 25,900 张发票（CSV）"},
      .about = {"Amounts are decimals from end to end. The file may be packed with gzip.",
                "金额全程为十进制数。文件可为 gzip 压缩。"},
      .flags = invoice_flags({.names = "--tenant",
                              .kind = FlagKind::value,
                              .placeholder = "ID",
                              .fallback = "online-retail",
                              .text = {"The tenant of all invoices", "所有发票所属的租户"}}),
      .positionals = {{.name = "FILE",
                       .text = {"online_retail.csv or .csv.gz", "online_retail.csv 或 .csv.gz"}}},
      .examples = {{"tidemark samples import online-retail online_retail.csv.gz --to "
                    "sqlite:retail.db",
                    {"Into a file", "导入到一个文件"}}},
      .run = online_retail,
      .summarises = true,
  };
}

Command gobl_command() {
  return {
      .name = "gobl",
      .summary = {"Invoices in GOBL JSON, one a file", "GOBL JSON 格式的发票，每张一个文件"},
      .about = {"All .json files of the folder and below it; the payload is the file, byte for "
                "byte. Files that are no invoices are named and left out.",
                "目录及其子目录下的全部 .json "
                "文件；内容与文件逐字节一致。不是发票的文件会列出并跳过。"},
      .flags = invoice_flags({.names = "--stamp",
                              .kind = FlagKind::value,
                              .placeholder = "TIME",
                              .text = {"The update time of all; without it midnight of the issue "
                                       "date",
                                       "统一的更新时间；未指定时取开票日期零点"}}),
      .positionals = {{.name = "DIR", .text = {"The folder", "目录"}}},
      .examples = {{"tidemark samples import gobl examples/ --to sqlite:gobl.db",
                    {"Into a file", "导入到一个文件"}}},
      .run = gobl,
      .summarises = true,
  };
}

Command code_lists_command() {
  std::vector<Flag> flags = {to_flag()};
  for (const Flag& flag : table_flags())
    if (flag.names == "--replace" || flag.names == "--append") flags.push_back(flag);
  flags.push_back(
      {.names = "--country",
       .kind = FlagKind::repeated,
       .placeholder = "CC",
       .text = {"Write units, tax categories and payment means for this country; "
                "without it once, for all",
                "为该国写入计量单位、税种类别和支付方式；未指定时写入一份，通用于各国"}});
  return {
      .name = "code-lists",
      .summary = {"The public code lists, into the reference tables",
                  "公开的代码表，导入基础数据表"},
      .about = {"Recognised by their names: table_a1.xml, codes-all.csv, gobl-iso.json (ISO 4217), "
                "untdid.json (UNTDID 1001, 5305, 4461), units-of-measure.csv (Rec 20), "
                "package-codes.csv (Rec 21).",
                "按文件名识别：table_a1.xml、codes-all.csv、gobl-iso.json（ISO "
                "4217）、untdid.json（UNTDID 1001、5305、4461）、units-of-measure.csv（Rec "
                "20）、package-codes.csv（Rec 21）。"},
      .flags = std::move(flags),
      .positionals = {{.name = "DIR", .text = {"The folder", "目录"}}},
      .examples = {{"tidemark samples import code-lists code-lists/ --to sqlite:codes.db --country "
                    "CN --country DE",
                    {"For two countries", "用于两个国家"}}},
      .run = code_lists,
      .summarises = true,
  };
}

}  // namespace

Command samples_import_command() {
  return {
      .name = "import",
      .summary = {"Public data sets become tables", "将公开数据集导入为表"},
      .children = {online_retail_command(), gobl_command(), code_lists_command()},
  };
}

}  // namespace tidemark::cli
