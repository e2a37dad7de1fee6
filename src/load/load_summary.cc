#include "load/load_summary.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ranges>

#include "base/bytes.h"
#include "load/money.h"
#include "run/figures.h"

namespace tidemark::load {
namespace {

using Json = nlohmann::ordered_json;

Json window_json(const CivilTime& from, const CivilTime& upto) {
  return {{"from", from.text()}, {"upto", upto.text()}};
}

/// `orders_new`
std::string counted(const LoadSummary& summary, std::string_view what) {
  return fmt::format("{}_{}", table_name(summary.stream), what);
}

Json counts_of(const LoadSummary& summary) {
  return {{"windows", summary.windows},
          {"windows_finished", summary.windows_finished},
          {"windows_resumed", summary.windows_resumed},
          {"windows_failed", summary.windows_failed},
          {"pages", summary.pages},
          {"rereads", summary.rereads},
          {"rows_read", summary.rows},
          {counted(summary, "new"), summary.inserted},
          {counted(summary, "changed"), summary.changed},
          {counted(summary, "unchanged"), summary.unchanged},
          {"rows_older", summary.older},
          {"rows_of_same_moment", summary.same_moment},
          {"records_redated", summary.redated},
          {"rows_rejected", summary.rejected},
          {"rejects_accepted", summary.accepted},
          {"missed_by_rescan", summary.missed_by_rescan},
          {"days_checked", summary.days_checked},
          {"days_missing", summary.days_missing},
          {"days_surplus", summary.days_surplus},
          {"records_listed", summary.total ? Json(summary.total->listed) : Json()},
          {"records_missing", summary.total ? summary.total->missing : 0},
          {"records_surplus", summary.total ? summary.total->surplus : 0},
          {"days_off", summary.days_off},
          {"amounts_compared", summary.amounts_compared},
          {"spans_unproven", summary.unproven},
          {"gaps_open", summary.gaps_open}};
}

double rounded_seconds(SteadyTime::duration time) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) /
         1000;
}

std::string listed(const std::vector<std::string>& names, std::uint64_t all) {
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  if (all > names.size()) text += " …";
  return text;
}

class Lines {
 public:
  explicit Lines(Language language) : language_(language) {}
  void add(const Message& message) { text_ += message.in(language_) + '\n'; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  const Language language_;
  std::string text_;
};

/// A line that goes on with the one above it.
Message below(const Message& message) {
  return {"                 " + message.en, "                " + message.zh};
}

Message words(const TimeWindow& span) {
  if (span.from == span.upto) return {span.from.text(), span.from.text()};
  return say({"{} to {}", "{} 至 {}"}, span.from.text(), span.upto.text());
}

Message heading(const LoadSummary& summary) {
  const Message stream = title(summary.stream);
  if (summary.mode == "full")
    return {fmt::format("{}: all {}", summary.platform, stream.en),
            fmt::format("{}：全部{}", summary.platform, stream.zh)};
  if (summary.mode == "picked")
    return {fmt::format("{}: chosen {}", summary.platform, stream.en),
            fmt::format("{}：指定的{}", summary.platform, stream.zh)};
  const bool created = summary.time == WindowTime::created;
  const std::string from = summary.range.from.text(), upto = summary.range.upto.text();
  return {fmt::format("{} {}, {} {} to {}", summary.platform, stream.en,
                      created ? "created" : "changed", from, upto),
          fmt::format("{} {}，{} {} 至 {}", summary.platform, stream.zh,
                      created ? "创建时间" : "更新时间", from, upto)};
}

void add_columns(Lines& lines, const ColumnUse& columns) {
  constexpr std::size_t bytes_max = 2000;
  std::string taken;
  for (const auto& [field, column] : columns.taken) {
    if (!taken.empty()) taken += ", ";
    taken += field == column ? field : field + " = " + column;
  }
  lines.add(say({"  columns taken: {}", "  采用的列：    {}"}, printable(taken, bytes_max)));
  if (columns.left.empty()) return;
  lines.add(say(
      {"  columns left:  {} (kept in the raw layer only)", "  未采用的列：  {}（仅保存在原始层）"},
      printable(fmt::format("{}", fmt::join(columns.left, ", ")), bytes_max) +
          (columns.more ? " …" : "")));
}

void add_trouble(Lines& lines, const LoadSummary& summary, std::string_view again) {
  for (const auto& [field, unknown] : summary.unknown_codes.fields()) {
    constexpr std::size_t shown_max = 10;
    std::size_t shown = 0;
    for (const auto& [code, batches] : unknown.codes) {
      if (++shown > shown_max) break;
      if (code.empty())
        lines.add(say({"  not told:      {0}", "  未说明：      {1}"}, untold(field).en,
                      untold(field).zh));
      else
        lines.add(say({"  unknown code:  {} = {} has no text and stays as it is",
                       "  未知代码：    {} = {} 没有对应文本，保留原始代码"},
                      field, code));
    }
    if (unknown.codes.size() > shown_max)
      lines.add(below(say({"{}: {}{} others", "{}：另有 {}{} 个"}, field,
                          unknown.codes.size() - shown_max, unknown.more > 0 ? "+" : "")));
  }
  if (summary.missed_by_rescan > 0)
    lines.add(
        say({"  missed by {} d: {} orders changed or appeared that the usual re-scan no longer "
             "reads: {}",
             "  {} 天之外：   {} 个订单发生变化或新出现，常规重扫已不再读取：{}"},
            std::chrono::duration_cast<std::chrono::days>(summary.usual_rescan).count(),
            summary.missed_by_rescan, listed(summary.missed_orders, summary.missed_by_rescan)));
  if (summary.rejected > 0)
    lines.add(say({"  set aside:     {} rows that cannot be stored (tidemark load rejects list)",
                   "  拒收：        {} 行无法保存（见 tidemark load rejects list）"},
                  summary.rejected));
  for (const Message& reject : summary.rejects) lines.add(below(reject));
  if (summary.rejected > summary.rejects.size()) lines.add(below({"…", "…"}));
  if (summary.unproven > 0) {
    lines.add(say(
        {"  not proven:    {} times that could not be read whole: pages and total in the shop "
         "never agreed, or a record is too long; the next load reads them again (tidemark "
         "load gaps list)",
         "  未核实：      {} 处未能读全：分页与店铺总数始终不一致，或某条记录过长；下次加载会重读"
         "（见 tidemark load gaps list）"},
        summary.unproven));
    for (const TimeWindow& span : summary.unproven_spans) lines.add(below(words(span)));
  }
  for (const Error& error : summary.errors) {
    lines.add({"  failed:        " + error.what.en, "  失败：        " + error.what.zh});
    if (!error.hint.empty()) lines.add(below(error.hint));
  }
  if ((summary.stopped || summary.windows_failed > 0) && !again.empty())
    lines.add(say({"  again:         {}", "  重做：        {}"}, again));
}

void add_counts(Lines& lines, const LoadSummary& summary) {
  if (summary.days_checked > 0)
    lines.add(
        say({"  checked:       {} days against the shop's own counts: {} miss records, {} have "
             "some that the shop no longer lists",
             "  核对：        与店铺数量比较 {} 天：{} 天缺少记录，{} 天有店铺不再列出的记录"},
            summary.days_checked, summary.days_missing, summary.days_surplus));
  if (summary.total)
    lines.add(say(
        {"  checked:       the shop lists {} records: {} of them are missing in the "
         "warehouse, which has {} that the shop no longer lists",
         "  核对：        店铺共列出 {} 条记录：数仓缺少其中 {} 条，另有 {} 条店铺不再列出"},
        run::count_text(summary.total->listed), summary.total->missing, summary.total->surplus));
  const bool missing = summary.days_missing > 0 || (summary.total && summary.total->missing > 0);
  if (missing)
    lines.add(below(say({"`tidemark load rederive {0} --dry-run` counts those that had been read "
                         "before and that somebody has taken out of the table; without --dry-run "
                         "it puts them back",
                         "`tidemark load rederive {0} --dry-run` 可统计曾经读到、后被人从表中删除的"
                         "记录；不加 --dry-run 即恢复"},
                        name(summary.stream))));
}

void add_sums(Lines& lines, const LoadSummary& summary) {
  if (summary.amounts_compared == 0) return;
  std::string sums;
  for (const auto& [column, fen] : summary.sums)
    sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", column, yuan_text(fen));
  const std::string records = run::count_text(summary.amounts_compared);
  const Message stream = title(summary.stream);
  const Message which =
      summary.amounts_of_news
          ? Message{fmt::format("{} {} that were new or different", records, stream.en),
                    fmt::format("{} 笔新增或变化的{}", records, stream.zh)}
          : Message{fmt::format("{} {}", records, stream.en),
                    fmt::format("{} 笔{}", records, stream.zh)};
  if (summary.days_off == 0)
    lines.add({fmt::format("  sums:          {}; the same in the warehouse for each of {}", sums,
                           which.en),
               fmt::format("  金额：        {}；{}在数仓中逐笔一致", sums, which.zh)});
  else
    lines.add({fmt::format("  sums:          {} of {}; on {} days the warehouse has other amounts",
                           sums, which.en, summary.days_off),
               fmt::format("  金额：        {}（{}）；数仓有 {} 天的金额不同", sums, which.zh,
                           summary.days_off)});
}

void add_complete(Lines& lines, const LoadSummary& summary) {
  if (!summary.complete) return;
  const std::string from = summary.complete->from.text(), upto = summary.complete->upto.text();
  const Message gaps = summary.gaps_open == 0
                           ? Message{}
                           : say({", but for {} gaps (tidemark load gaps list)",
                                  "，另有 {} 处未核实（见 tidemark load gaps list）"},
                                 summary.gaps_open);
  if (summary.imported.empty()) {
    lines.add({fmt::format("  complete:      {} to {}{}", from, upto, gaps.en),
               fmt::format("  水位：        {} 至 {} 的数据已全部到达{}", from, upto, gaps.zh)});
    return;
  }
  lines.add({fmt::format("  watermark:     {} to {}{}", from, upto, gaps.en),
             fmt::format("  水位：        {} 至 {}{}", from, upto, gaps.zh)});
  constexpr std::size_t shown_max = 3;
  for (const TimeWindow& span : summary.imported | std::views::take(shown_max))
    lines.add(say({"  never read:    {} to {} was taken over from another program at its word; "
                   "`tidemark load {} --from '{}' --to '{}'` reads it",
                   "  从未读取：    {0} 至 {1} 接管自其他程序，未经核实；运行 `tidemark load {2} "
                   "--from '{0}' --to '{1}'` 读取"},
                  span.from.text(), span.upto.text(), name(summary.stream), span.from.text(),
                  span.upto.text()));
  if (summary.imported.size() > shown_max)
    lines.add(below(say({"and {} further times (tidemark load gaps list)",
                         "另有 {} 处（见 tidemark load gaps list）"},
                        summary.imported.size() - shown_max)));
}

}  // namespace

Message untold(const std::string& field) {
  if (field == "price")
    return {
        "whether the amount in several rows of one order is the order's or each row's: it was "
        "taken as the order's. --map line_price=COLUMN takes it as each row's, --map price=COLUMN "
        "says that it is the order's",
        "同一订单的多行均有的金额是整单金额还是各行金额：已按整单金额处理。若为各行金额，请用 "
        "--map line_price=列名；若确为整单金额，用 --map price=列名 说明"};
  if (field == "refund_money")
    return {
        "how much came back of some orders that were refunded: it is missing in refund, and net is "
        "too high",
        "部分已退款订单未给出退款金额：退款合计偏小，净额偏大"};
  return {
      "whether some orders were paid (no state, no column of the pay time): they count as not "
      "paid. --map order_state=COLUMN or pay_time=COLUMN tells",
      "部分订单是否已支付（没有状态，也没有支付时间列）：按未支付统计。可用 --map "
      "order_state=列名 或 pay_time=列名 指定"};
}

ExitCode LoadSummary::exit_code(const Stop& stop) const {
  if (stopped) return exit_code_for(stop);
  if (errors.empty())
    return rejected + days_missing + days_off + unproven + (total ? total->missing : 0) > 0
               ? ExitCode::partial
               : ExitCode::done;
  const bool stored = windows_finished > 0 || inserted + changed > 0;
  return stored ? ExitCode::partial : exit_code_for(errors.front().kind, stop);
}

std::string LoadSummary::trouble() const {
  if (!errors.empty()) return errors.front().what.en;
  if (!unproven_spans.empty())
    return fmt::format("pages and total of the shop never agreed, or a record was too long, for {}",
                       unproven_spans.front().from.text());
  if (days_missing + days_off > 0 && !day_differences.empty()) return day_differences.front().en;
  if (total && total->missing > 0)
    return fmt::format("the shop lists {} records, of which the warehouse misses {}", total->listed,
                       total->missing);
  if (!rejects.empty()) return "set aside: " + rejects.front().en;
  return {};
}

std::string summary_text(const LoadSummary& summary, Language language, std::string_view again) {
  Lines lines(language);
  lines.add(summary.dry_run ? say({"dry run: nothing was written", "试运行：未写入任何内容"})
            : summary.stopped
                ? say({"stopped; what was read is stored", "已中止；已读取的内容均已保存"})
                : heading(summary));
  lines.add(
      say({"  windows:       {} of {} read{}", "  窗口：        已读 {} / {}{}"},
          run::count_text(summary.windows_finished),
          run::count_text(summary.windows - summary.windows_resumed),
          summary.windows_resumed == 0
              ? std::string()
              : say({", {} read before, up to {} ago (--restart reads them again)",
                     "，另有 {} 个此前已读（最早在 {}前；--restart 可重读）"},
                    summary.windows_resumed, run::duration_text(summary.resumed_age, language))
                    .in(language)));
  if (summary.earlier)
    lines.add(say({"  earlier:       {} to {} as well, which the watermark lacked",
                   "  更早：        一并读取水位缺少的 {} 至 {}"},
                  summary.earlier->from.text(), summary.earlier->upto.text()));
  lines.add(say({"  rows read:     {} on {} pages", "  读取：        {} 行，{} 页"},
                run::count_text(summary.rows), run::count_text(summary.pages)));
  lines.add(say({"  records:       {} new, {} changed, {} unchanged",
                 "  记录：        新增 {}，变化 {}，未变 {}"},
                run::count_text(summary.inserted), run::count_text(summary.changed),
                run::count_text(summary.unchanged)));
  if (summary.older > 0)
    lines.add(say({"  older:         {} rows were seen later already; the newer stands",
                   "  较旧：        {} 行此前已有更新的观察，保留较新内容"},
                  run::count_text(summary.older)));
  if (summary.same_moment > 0)
    lines.add(
        say({"                 {} of them were read otherwise at the same moment and stay so: a "
             "file that is read in another way (--map, --amount-unit, …) needs --as-of now",
             "                其中 {} 行在同一时刻曾读出不同内容，保持原样：若更改了文件的读取"
             "方式（--map、--amount-unit 等），请加 --as-of now"},
            run::count_text(summary.same_moment)));
  if (summary.redated > 0)
    lines.add(say({"  redated:       {} records had been seen in the future, by a clock that was "
                   "wrong; what was read now counts (`tidemark load rederive` mends their history)",
                   "  时间更正：    {} 条记录此前的观察时间位于未来（当时时钟有误），现以本次读取"
                   "为准（`tidemark load rederive` 可更正其历史）"},
                  run::count_text(summary.redated)));
  if (summary.columns) add_columns(lines, *summary.columns);
  add_trouble(lines, summary, again);
  add_counts(lines, summary);
  add_sums(lines, summary);
  for (const Message& difference : summary.day_differences) lines.add(below(difference));
  add_complete(lines, summary);
  lines.add(say({"  took {}", "  耗时 {}"}, run::duration_text(summary.elapsed, language)));
  return lines.take();
}

std::string counts_json(const LoadSummary& summary) {
  Json counts = counts_of(summary);
  if (summary.complete_upto)
    counts["complete_upto_unix"] =
        std::chrono::duration_cast<std::chrono::seconds>(summary.complete_upto->time_since_epoch())
            .count();
  return counts.dump();
}

std::string summary_json(const LoadSummary& summary, ExitCode code, const std::string& command) {
  Json line = {
      {"message_type", "summary"},
      {"command", command.empty() ? "load " + std::string(name(summary.stream)) : command},
      {"platform", summary.platform},
      {"mode", summary.mode},
      {"range", window_json(summary.range.from, summary.range.upto)},
      {"earlier",
       summary.earlier ? window_json(summary.earlier->from, summary.earlier->upto) : Json()},
      {"resumed_age_seconds", summary.resumed_age.count()},
      {"dry_run", summary.dry_run},
      {"stopped", summary.stopped}};
  line.update(counts_of(summary));
  if (summary.columns) {
    line["columns_taken"] = Json::object();
    for (const auto& [field, column] : summary.columns->taken)
      line["columns_taken"][field] = column;
    line["columns_left"] = summary.columns->left;
    if (summary.columns->more) line["columns_left_more"] = true;
  }
  line["rejects"] = Json::array();
  for (const Message& reject : summary.rejects) line["rejects"].push_back(reject.en);
  line["missed_orders"] = summary.missed_orders;
  line["unknown_codes"] = Json::array();
  std::uint64_t more_codes = 0;
  for (const auto& [field, unknown] : summary.unknown_codes.fields()) {
    for (const auto& [written, batches] : unknown.codes)
      line["unknown_codes"].push_back({{"field", field}, {"code", written}});
    more_codes += unknown.more;
  }
  if (more_codes > 0) line["unknown_codes_more"] = more_codes;
  if (summary.complete)
    line["complete"] = window_json(summary.complete->from, summary.complete->upto);
  line["imported"] = Json::array();
  for (const TimeWindow& span : summary.imported)
    line["imported"].push_back(window_json(span.from, span.upto));
  line["unproven"] = Json::array();
  for (const TimeWindow& span : summary.unproven_spans)
    line["unproven"].push_back(window_json(span.from, span.upto));
  if (!summary.sums.empty()) line["amounts_of"] = summary.amounts_of_news ? "news" : "all";
  line["sums"] = Json::object();
  for (const auto& [column, fen] : summary.sums) line["sums"][column] = yuan_text(fen);
  line["day_differences"] = Json::array();
  for (const Message& difference : summary.day_differences)
    line["day_differences"].push_back(difference.en);
  line["errors"] = Json::array();
  for (const Error& error : summary.errors)
    line["errors"].push_back({{"kind", tidemark::name(error.kind)},
                              {"message", error.what.en},
                              {"hint", error.hint.en}});
  line["seconds"] = static_cast<double>(summary.elapsed.count()) / 1000;
  line["stage_seconds"] = Json::object();
  for (const auto& [stage, time] : summary.stages)
    line["stage_seconds"][load::name(stage)] = rounded_seconds(time);
  if (code != ExitCode::done) line["error"] = summary.trouble();
  line["exit_code"] = static_cast<int>(code);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tidemark::load
