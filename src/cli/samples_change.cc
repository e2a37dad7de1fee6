#include "cli/samples_change.h"

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/flag_value.h"
#include "cli/samples_target.h"
#include "samples/change.h"

namespace tidemark::cli {
namespace {

/// A small day of business, for a call without any number.
constexpr std::int64_t update_default = 20;
constexpr std::int64_t add_default = 10;
constexpr std::int64_t void_default = 3;
constexpr std::int64_t move_default = 2;

Result<samples::ChangeOptions> change_options(const Context& context) {
  samples::ChangeOptions options;
  struct Count {
    std::string_view flag;
    std::int64_t& into;
    std::int64_t fallback;
  };
  const Count counts[] = {{"--update", options.update, update_default},
                          {"--add", options.add, add_default},
                          {"--void", options.void_count, void_default},
                          {"--move", options.move, move_default}};
  bool any = false;
  for (const Count& count : counts) any = any || context.arguments.has(count.flag);
  for (const Count& count : counts) {
    const auto given = count_flag(context.arguments, count.flag);
    if (!given) return fail(given.error());
    count.into = given->value_or(any ? 0 : count.fallback);
  }
  const auto seed = count_flag(context.arguments, "--seed");
  if (!seed) return fail(seed.error());
  // Without a seed each call changes other rows.
  options.seed = *seed ? static_cast<std::uint64_t>(**seed) : context.world.random.next() >> 32;
  auto stamp = time_flag(context.arguments, "--stamp");
  if (!stamp) return fail(std::move(stamp));
  options.stamp = *stamp;
  options.table = context.arguments.value("--table").value_or(options.table);
  return options;
}

Result<ExitCode> run(Context& context) {
  const Result<samples::ChangeOptions> options = change_options(context);
  if (!options) return fail(options.error());
  Result<SamplesTarget> target = samples_target(context, false);
  if (!target) return fail(std::move(target));
  const Result<samples::Changes> changes = samples::change(*target->connection, *options);
  if (!changes) return fail(changes.error());

  context.print(say({"{} of {}: {} invoices amended, {} new, {} voided, {} moved to another tenant "
                     "or country, all at {}",
                     "{1} 的表 {0}：更新 {2} 张，新增 {3} 张，作废 {4} 张，改换租户或国家 {5} "
                     "张，更新时间均为 {6}"},
                    options->table, target->url.redacted(), changes->updated.size(),
                    changes->added.size(), changes->voided.size(), changes->moved.size(),
                    changes->stamp.shortest_text()));
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "samples change"},
                            {"database", target->url.redacted()},
                            {"table", options->table},
                            {"seed", options->seed},
                            {"stamp", changes->stamp.shortest_text()},
                            {"updated", changes->updated},
                            {"added", changes->added},
                            {"voided", changes->voided},
                            {"moved", changes->moved},
                            {"exit_code", static_cast<int>(ExitCode::done)}});
  return ExitCode::done;
}

}  // namespace

Command samples_change_command() {
  using enum FlagKind;
  return {
      .name = "change",
      .summary = {"Change an invoice table as a day of business does",
                  "像一天的业务那样改动发票表"},
      .about = {"In one transaction, and no row twice. Without any number: 20 amended, 10 new, 3 "
                "voided, 2 moved. With one, only what is named.",
                "在一个事务中完成，同一行不会改动两次。不给数量时：更新 20 张、新增 10 张、作废 3 "
                "张、改换归属 2 张；给出任一数量时，只做所列各项。"},
      .flags = {to_flag(),
                {.names = "--table",
                 .kind = value,
                 .placeholder = "NAME",
                 .fallback = "t_invoice",
                 .text = {"The invoice table", "发票表"}},
                {.names = "--update",
                 .kind = value,
                 .placeholder = "N",
                 .text = {"Issued invoices whose JSON is amended", "更新 JSON 的已开发票数"}},
                {.names = "--add",
                 .kind = value,
                 .placeholder = "N",
                 .text = {"New invoices", "新增发票数"}},
                {.names = "--void",
                 .kind = value,
                 .placeholder = "N",
                 .text = {"Issued invoices that become void", "作废的已开发票数"}},
                {.names = "--move",
                 .kind = value,
                 .placeholder = "N",
                 .text = {"Issued invoices that go to another tenant or country",
                          "改换租户或国家的已开发票数"}},
                {.names = "--stamp",
                 .kind = value,
                 .placeholder = "TIME",
                 .text = {"The new update time, as 2025-01-31 08:30:00; without it the database's "
                          "clock",
                          "新的更新时间，如 2025-01-31 08:30:00；未指定时取数据库时钟"}},
                {.names = "--seed",
                 .kind = value,
                 .placeholder = "N",
                 .text = {"The same number picks the same rows; without it others each time",
                          "相同的数字选中相同的行；未指定时每次不同"}}},
      .examples = {{"tidemark samples change --to sqlite:sample.db",
                    {"A small day of business", "一个普通的业务日"}},
                   {"tidemark samples change --to sqlite:sample.db --add 1000",
                    {"Only new invoices", "只新增发票"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
