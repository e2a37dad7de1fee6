#include "cli/samples_create.h"

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/flag_value.h"
#include "cli/samples_loading.h"
#include "cli/samples_target.h"
#include "samples/create.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t day_length = std::string_view("2025-12-31").size();

/// Sets `into` if the flag was given.
Result<void> take_count(const Context& context, std::string_view flag, std::int64_t& into) {
  const auto count = count_flag(context.arguments, flag);
  if (!count) return fail(count.error());
  into = count->value_or(into);
  return {};
}

Result<void> take_range(const Context& context, samples::GeneratorOptions& options) {
  const auto from = time_flag(context.arguments, "--from");
  if (!from) return fail(from.error());
  options.from = from->value_or(options.from);
  const auto until = time_flag(context.arguments, "--until");
  if (!until) return fail(until.error());
  if (!*until) return {};
  options.until = **until;
  // A day is meant to its end.
  if (context.arguments.value("--until")->size() == day_length)
    options.until += std::chrono::days{1} - std::chrono::seconds{1};
  return {};
}

Result<samples::CreateOptions> create_options(const Context& context) {
  samples::CreateOptions options;
  options.table =
      table_options(context, context.arguments.has("--replace") ? samples::IfNotEmpty::replace
                                                                : samples::IfNotEmpty::fail);
  std::int64_t seed = 1;
  for (const auto& [flag, into] :
       {std::pair{"--invoices", &options.invoices.count},
        std::pair{"--tenants", &options.invoices.tenants}, std::pair{"--seed", &seed}})
    if (Result<void> taken = take_count(context, flag, *into); !taken)
      return fail(std::move(taken));
  options.invoices.seed = static_cast<std::uint64_t>(seed);
  if (Result<void> taken = take_range(context, options.invoices); !taken)
    return fail(std::move(taken));
  options.reference_data = !context.arguments.has("--no-reference");
  options.resume = context.arguments.has("--resume");
  return options;
}

Result<ExitCode> run(Context& context) {
  const Result<samples::CreateOptions> options = create_options(context);
  if (!options) return fail(options.error());
  Result<SamplesTarget> target = samples_target(context, true);
  if (!target) return fail(std::move(target));

  const Result<Loading> loading = load_with_progress(
      context, options->table, options->invoices.count, [&](samples::TableOptions table) {
        samples::CreateOptions now = *options;
        now.table = std::move(table);
        return samples::create(*target->connection, now, context.world.stop);
      });
  if (!loading) return fail(loading.error());

  const std::string database = target->url.redacted();
  const ExitCode code = exit_code_of(context, loading->rows);
  print_loading(context, database, options->table.table, *loading);
  if (loading->rows.stopped)
    context.print(say(
        {"stopped; the same command with --resume goes on", "已中止；同一命令加 --resume 可继续"}));
  if (context.json) {
    auto line = loading_json("samples create", database, options->table.table, *loading);
    line["reference_data"] = options->reference_data && !loading->rows.stopped;
    line["exit_code"] = static_cast<int>(code);
    context.world.out.json(line);
  }
  return code;
}

}  // namespace

Command samples_create_command() {
  using enum FlagKind;
  std::vector<Flag> flags = {
      to_flag(),
      {.names = "--invoices",
       .kind = value,
       .placeholder = "N",
       .fallback = "10000",
       .text = {"How many invoices", "发票数量"}},
      {.names = "--tenants",
       .kind = value,
       .placeholder = "N",
       .fallback = "20",
       .text = {"How many tenants; the first has half of the invoices",
                "租户数量；第一个租户占一半发票"}},
      {.names = "--seed",
       .kind = value,
       .placeholder = "N",
       .fallback = "1",
       .text = {"The same number gives the same rows, byte for byte",
                "相同的数字生成逐字节相同的数据"}},
      {.names = "--from",
       .kind = value,
       .placeholder = "DATE",
       .fallback = "2024-01-01",
       .text = {"Update times begin here", "更新时间的起点"}},
      {.names = "--until",
       .kind = value,
       .placeholder = "DATE",
       .fallback = "2025-12-31",
       .text = {"Update times end here, this day included", "更新时间的终点（含当天）"}},
      {.names = "--resume",
       .text = {"Go on where an interrupted run with the same options stopped",
                "从相同选项的上次中断处继续"}},
      {.names = "--no-reference",
       .text = {"Without the tables of currencies, units and other codes",
                "不创建货币、计量单位等基础数据表"}}};
  for (Flag& flag : table_flags())
    if (flag.names != "--append") flags.push_back(flag);
  return {
      .name = "create",
      .summary = {"Make an invoice table with lifelike invoices, and reference tables",
                  "创建含仿真发票的发票表以及基础数据表"},
      .about = {"A few numbers hold characters that no file name may have, and a few invoices are "
                "drafts or void, as in real life.",
                "与真实情况一样，少量发票号含有文件名不允许的字符，少量发票为草稿或已作废。"},
      .flags = std::move(flags),
      .examples = {{"tidemark samples create --to sqlite:sample.db --invoices 100000",
                    {"A file to try everything on", "一个可随意试用的文件"}},
                   {"TIDEMARK_SOURCE_PASSWORD_FILE=pw tidemark samples create --to "
                    "mysql://writer@db/test --replace",
                    {"On a server, with the password in a file", "写入服务器，密码取自文件"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
