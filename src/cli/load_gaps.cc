#include "cli/load_gaps.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/context.h"
#include "cli/load_range.h"
#include "cli/load_settings.h"
#include "cli/text_table.h"
#include "load/row_sql.h"
#include "load/scan_store.h"
#include "load/stream_kind.h"

namespace tidemark::cli {
namespace {

using load::Gap;
using load::GapKind;

constexpr std::size_t reason_columns_max = 60;

struct StreamGap {
  load::StreamKind stream;
  Gap gap;
};

Result<std::vector<StreamGap>> gaps_of(const Context& context, sql::Connection& connection) {
  std::vector<StreamGap> found;
  for (const load::StreamKind stream : load::all_streams) {
    load::ScanStore scans(connection, context.settings.text("load.platform"),
                          std::string(load::name(stream)));
    Result<std::vector<Gap>> gaps = scans.gaps();
    if (!gaps) return fail(std::move(gaps).error());
    for (Gap& gap : *gaps) found.push_back({.stream = stream, .gap = std::move(gap)});
  }
  return found;
}

Wording state_of(const Gap& gap) {
  if (gap.kind == GapKind::imported) return {"imported", "接管"};
  return gap.open() ? Wording{"open", "未处理"} : Wording{"accepted", "已接受"};
}

void print_table(const Context& context, const std::vector<StreamGap>& gaps) {
  if (gaps.empty()) {
    context.print(say({"no gaps", "没有未核实的时间段"}));
    return;
  }
  const auto word = [&](Wording wording) { return std::string(wording.in(context.language)); };
  TextTable table(std::vector(6, TextTable::Align::left));
  table.add({word({"STREAM", "数据流"}), word({"FROM", "起点"}), word({"TO", "终点"}),
             word({"SINCE (UTC)", "发现于（UTC）"}), word({"STATE", "状态"}),
             word({"REASON", "理由"})});
  for (const auto& [stream, gap] : gaps)
    table.add({std::string(load::name(stream)), gap.span.from.text(), gap.span.upto.text(),
               load::utc_text(gap.found_at).substr(0, 19), word(state_of(gap)),
               fit_width(printable(gap.accepted_reason), reason_columns_max)});
  context.world.out.write(table.text());
}

void print_json(const Context& context, const std::vector<StreamGap>& gaps) {
  for (const auto& [stream, gap] : gaps)
    context.world.out.json({{"message_type", "gap"},
                            {"stream", load::name(stream)},
                            {"from", gap.span.from.text()},
                            {"upto", gap.span.upto.text()},
                            {"kind", load::name(gap.kind)},
                            {"found_at", load::utc_text(gap.found_at)},
                            {"accepted", gap.accepted_at.has_value()},
                            {"reason", gap.accepted_reason}});
  const auto open =
      std::ranges::count_if(gaps, [](const StreamGap& one) { return one.gap.open(); });
  context.world.out.json({{"message_type", "summary"},
                          {"command", "load gaps list"},
                          {"gaps_open", open},
                          {"exit_code", 0}});
}

Result<ExitCode> list(Context& context) {
  const Result<std::unique_ptr<sql::Connection>> connection =
      migrated_warehouse(context, WarehouseUse::change);
  if (!connection) return fail(connection.error());
  const Result<std::vector<StreamGap>> gaps = gaps_of(context, **connection);
  if (!gaps) return fail(gaps.error());
  context.json ? print_json(context, *gaps) : print_table(context, *gaps);
  return ExitCode::done;
}

Result<ExitCode> accept(Context& context) {
  const std::string word = context.arguments.positional("STREAM").value_or("");
  const Result<load::StreamKind> stream = named_stream(word);
  if (!stream) return fail(stream.error());
  const Result<OpenRange> range = open_range(context.arguments);
  if (!range) return fail(range.error());
  if (!range->from || !range->upto || !context.arguments.value("--reason"))
    return fail(ErrorKind::usage,
                {"--from, --to and --reason are needed", "必须给出 --from、--to 和 --reason"});
  const Result<std::string> reason = given_reason(context);
  if (!reason) return fail(reason.error());
  const Result<std::unique_ptr<sql::Connection>> connection =
      migrated_warehouse(context, WarehouseUse::change);
  if (!connection) return fail(connection.error());
  load::ScanStore scans(**connection, context.settings.text("load.platform"),
                        std::string(load::name(*stream)));
  const Result<std::int64_t> accepted = scans.accept_gaps(
      {range->from->floor_to(0), range->upto->floor_to(0)}, *reason, context.world.clock.wall());
  if (!accepted) return fail(accepted.error());
  if (*accepted == 0)
    return fail(
        ErrorKind::not_found,
        {"no open gap of {} lies between {} and {}", "{} 在 {} 至 {} 之间没有未处理的时间段"},
        load::name(*stream), range->from->text(), range->upto->text());
  context.print(say({"{} gaps accepted: they make no load partial any more",
                     "已接受 {} 处：不再使加载成为“部分成功”"},
                    *accepted));
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "load gaps accept"},
                            {"accepted", *accepted},
                            {"exit_code", 0}});
  return ExitCode::done;
}

std::vector<Flag> usual_flags() { return {warehouse_flag(), platform_flag()}; }

std::vector<Flag> accept_flags() {
  using enum FlagKind;
  std::vector<Flag> flags = usual_flags();
  flags.push_back({.names = "--from",
                   .kind = value,
                   .placeholder = "DATE",
                   .text = {"Gaps from this day or time on (UTC+8)", "时间段的起点（UTC+8）"}});
  flags.push_back({.names = "--to",
                   .kind = value,
                   .placeholder = "DATE",
                   .text = {"… up to this one, included", "终点（含）"}});
  flags.push_back({.names = "--reason",
                   .kind = value,
                   .placeholder = "TEXT",
                   .text = {"Why; kept beside the gap", "理由，与该时间段一同保存"}});
  return flags;
}

}  // namespace

Command load_gaps_command() {
  return {
      .name = "gaps",
      .summary = {"Times that could not be read whole", "始终无法核实的时间段"},
      .about =
          {"A second (or day) of which the shop's pages and its own count never agree, or in which "
           "a record is longer than an answer may be, does not hold up the rest: the watermark "
           "passes over it, and it is kept here. Each "
           "incremental load reads it again and ends with exit code 3 until it agrees or "
           "somebody accepts it. What was taken over from an old script is listed as well, until "
           "a load has read it.",
           "某一秒（或某一天）的分页与店铺总数始终不一致、或其中某条记录超出应答上限时，不会拖住其"
           "余数据：水位会越过它，并记录"
           "在"
           "此。每次增量加载都会重读并以退出码 3 结束，直到数据一致或由人接受。从旧脚本接管、"
           "尚未由加载读过的时间段也列在此处。"},
      .children =
          {{.name = "list",
            .summary = {"What is not proven, and since when", "未核实的时间段"},
            .flags = usual_flags(),
            .examples = {{"tidemark load gaps list", {"All of the shop", "该店铺的全部"}}},
            .run = list,
            .summarises = true},
           {.name = "accept",
            .summary = {"Known and fine: read it no more, and make no load partial",
                        "确认已知：不再重读，不再影响加载结果"},
            .flags = accept_flags(),
            .positionals = {{.name = "STREAM",
                             .text = {"orders, aftersales, users, products",
                                      "orders、aftersales、users、products"}}},
            .examples = {{"tidemark load gaps accept orders --from '2025-01-10 10:00:00' --to "
                          "'2025-01-10 10:00:00' --reason 'the shop counts a deleted order'",
                          {"One second of orders", "订单的某一秒"}}},
            .run = accept,
            .summarises = true}},
  };
}

}  // namespace tidemark::cli
