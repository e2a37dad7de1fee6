#include "load/benefit/benefit_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "load/platforms.h"
#include "run/figures.h"

namespace tidemark::load {
namespace {

using Json = nlohmann::ordered_json;
using run::count_text;

Json counts_of(const BenefitSummary& summary) {
  return {{"orders", summary.orders},
          {"not_due", summary.not_due},
          {"awaited", summary.awaited},
          {"unpaid", summary.unpaid},
          {"pending", summary.pending},
          {"granted", summary.granted},
          {"withdrawn", summary.withdrawn},
          {"decided_first", summary.decided_first},
          {"decided_anew", summary.decided_anew},
          {"granted_to_withdrawn", summary.granted_to_withdrawn},
          {"facts_changed", summary.facts_changed},
          {"unchanged", summary.unchanged},
          {"other_rule", summary.other_rule},
          {"pending_unobserved", summary.pending_unobserved},
          {"pending_unlisted", summary.pending_unlisted},
          {"pending_set_aside", summary.pending_set_aside},
          {"pending_undated", summary.pending_undated},
          {"pending_unknown_state", summary.pending_unknown_state},
          {"pending_accepted", summary.pending_accepted}};
}

/// Files are not asked again: somebody has to bring another one.
bool can_be_asked(const std::string& name) {
  const Platform* platform = platform_named(name);
  return platform != nullptr && !platform->url_setting().empty();
}

}  // namespace

std::string summary_text(const BenefitSummary& summary, Language language, std::string_view again) {
  std::string text;
  const auto add = [&](const Message& message) { text += message.in(language) + '\n'; };
  if (summary.dry_run) add({"dry run: nothing was written", "试运行：未写入任何内容"});
  if (summary.stopped) add({"stopped; what was decided is stored", "已中止；已做出的决定均已保存"});
  add(say({"  orders:        {}: {} granted, {} withdrawn, {} pending",
           "  订单：        {} 个：发放 {}，取消 {}，待定 {}"},
          count_text(summary.orders), count_text(summary.granted), count_text(summary.withdrawn),
          count_text(summary.pending)));
  add(say(
      {"                 {} not paid, {} younger than 14 days, {} to be seen by the next re-scan",
       "                未支付 {}，未满 14 天 {}，等待下次重扫 {}"},
      count_text(summary.unpaid), count_text(summary.not_due), count_text(summary.awaited)));
  add(say({"  decisions:     {} for the first time, {} changed, {} on other facts, {} unchanged",
           "  决定：        首次 {}，改变 {}，仅事实变化 {}，未变 {}"},
          count_text(summary.decided_first), count_text(summary.decided_anew),
          count_text(summary.facts_changed), count_text(summary.unchanged)));
  if (!summary.changed_orders.empty())
    add(say({"  changed:       {}{}", "  改变：        {}{}"},
            fmt::format("{}", fmt::join(summary.changed_orders, ", ")),
            summary.decided_anew > summary.changed_orders.size() ? " …" : ""));
  if (summary.granted_to_withdrawn > 0)
    add(say({"                 {} were granted and are withdrawn now",
             "                其中 {} 个由发放改为取消"},
            count_text(summary.granted_to_withdrawn)));
  if (summary.other_rule > 0)
    add(say(
        {"  other rule:    {} stand as another rule has decided; --redecide applies the present "
         "one",
         "  其他规则：    {} 个仍按其他规则的决定；--redecide 可按当前规则重新决定"},
        count_text(summary.other_rule)));
  for (const auto& [platform, unobserved] : summary.unobserved)
    if (can_be_asked(platform))
      add(say(
          {"  pending:       {} not observed since their 14th day: run "
           "tidemark load orders --platform {} --rescan {}d",
           "  待定：        {} 个自满 14 天以来未再观察：请运行 tidemark load orders --platform "
           "{} --rescan {}d"},
          count_text(unobserved.orders), platform, unobserved.oldest.count() + 1));
    else
      add(say({"  pending:       {} of {} not observed since their 14th day: load a newer file of "
               "them",
               "  待定：        {1} 的 {0} 个自满 14 天以来未再观察：请加载包含它们的新文件"},
              count_text(unobserved.orders), platform));
  if (summary.pending_unlisted > 0)
    add(say({"  pending:       {} that the shop no longer lists: see benefit_decisions",
             "  待定：        {} 个店铺已不再列出：见 benefit_decisions"},
            count_text(summary.pending_unlisted)));
  if (summary.pending_set_aside > 0)
    add(say({"  pending:       {} of which what was last read cannot be stored (tidemark load "
             "rejects list)",
             "  待定：        {} 个最近读取的内容无法保存（见 tidemark load rejects list）"},
            count_text(summary.pending_set_aside)));
  if (summary.pending_undated > 0)
    add(say({"  pending:       {} refunded, and nothing tells when: see tidemark load pending list",
             "  待定：        {} 个已退款，但没有数据说明退款时间：见 tidemark load pending list"},
            count_text(summary.pending_undated)));
  if (summary.pending_unknown_state > 0)
    add(say({"  pending:       {} in a state that the rule does not know",
             "  待定：        {} 个的订单状态是规则不认识的"},
            count_text(summary.pending_unknown_state)));
  if (summary.pending_accepted > 0)
    add(say({"  pending:       {} that somebody has accepted (tidemark load pending list)",
             "  待定：        {} 个已由人接受（见 tidemark load pending list）"},
            count_text(summary.pending_accepted)));
  if (summary.stopped && !again.empty())
    add(say({"  again:         {}", "  继续：        {}"}, again));
  add(say({"  took {}", "  耗时 {}"}, run::duration_text(summary.elapsed, language)));
  return text;
}

std::string counts_json(const BenefitSummary& summary) { return counts_of(summary).dump(); }

std::string summary_json(const BenefitSummary& summary, ExitCode code) {
  Json line = {{"message_type", "summary"},
               {"command", "load benefits"},
               {"dry_run", summary.dry_run},
               {"stopped", summary.stopped}};
  line.update(counts_of(summary));
  line["changed_orders"] = summary.changed_orders;
  std::chrono::days oldest{};
  line["unobserved"] = Json::array();
  for (const auto& [platform, unobserved] : summary.unobserved) {
    if (can_be_asked(platform)) oldest = std::max(oldest, unobserved.oldest);
    line["unobserved"].push_back({{"platform", platform},
                                  {"orders", unobserved.orders},
                                  {"oldest_days", unobserved.oldest.count()}});
  }
  if (oldest.count() > 0) line["rescan_days"] = oldest.count() + 1;
  line["seconds"] = static_cast<double>(summary.elapsed.count()) / 1000;
  line["exit_code"] = static_cast<int>(code);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tidemark::load
