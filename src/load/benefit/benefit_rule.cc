#include "load/benefit/benefit_rule.h"

#include <array>
#include <utility>

#include "load/benefit/order_states.h"
#include "load/benefit_period.h"
#include "load/money.h"

namespace tidemark::load {
namespace {

constexpr std::array decisions = {Decision::granted, Decision::withdrawn, Decision::pending,
                                  Decision::none};

/// `19.90 on 2025-01-11 12:00:00`
Message refund_told(const BenefitFacts& facts, const RefundMoment& moment) {
  const std::string money = yuan_text(facts.refund_money);
  if (moment.exact())
    return say({"refunded (so far {} of {}) on {}", "于 {2} 退款（累计 {0} 元，实付 {1} 元）"},
               money, yuan_text(facts.price), moment.at.text());
  return say({"refunded (so far {} of {}) on {} at the latest",
              "最迟于 {2} 退款（累计 {0} 元，实付 {1} 元）"},
             money, yuan_text(facts.price), moment.at.text());
}

Verdict withdrawn(const BenefitFacts& facts, const RefundMoment& moment) {
  const Message refund = refund_told(facts, moment);
  const std::string due = due_at(facts.created_at).text();
  return {Decision::withdrawn,
          {fmt::format("Withdrawn: {}, within 14 days of the order (up to {}).", refund.en, due),
           fmt::format("取消：{}，在下单后 14 天内（截至 {}）。", refund.zh, due)}};
}

Verdict granted_after(const BenefitFacts& facts, const RefundMoment& moment) {
  const Message refund = refund_told(facts, moment);
  const std::string due = due_at(facts.created_at).text();
  return {
      Decision::granted,
      {fmt::format("Granted: {}, later than 14 days after the order (up to {}).", refund.en, due),
       fmt::format("发放：{}，已超过下单后 14 天（截至 {}）。", refund.zh, due)}};
}

Verdict granted_without_refund(const BenefitFacts& facts) {
  const std::string due = due_at(facts.created_at).text();
  Verdict verdict{Decision::granted,
                  say({"Granted: paid, and not refunded within 14 days of the order (up to {}).",
                       "发放：已支付，下单后 14 天内（截至 {}）未退款。"},
                      due)};
  if (facts.order_state == 8) {
    verdict.reason.en += " A refund is under way, and not made.";
    verdict.reason.zh += "退款正在处理中，尚未退出。";
  }
  if (facts.order_state == 9) {
    verdict.reason.en += " A refund was tried and failed.";
    verdict.reason.zh += "曾发起退款但失败。";
  }
  return verdict;
}

Verdict undated(const BenefitFacts& facts, const RefundMoment& moment) {
  const Message refund = refund_told(facts, moment);
  return {Decision::pending,
          {fmt::format("Pending: {}; nothing tells whether that was within 14 days of the order "
                       "(up to {}).",
                       refund.en, due_at(facts.created_at).text()),
           fmt::format("待定：{}；没有数据说明是否在下单后 14 天内（截至 {}）。", refund.zh,
                       due_at(facts.created_at).text())}};
}

}  // namespace

std::string_view name(Decision decision) {
  switch (decision) {
    case Decision::granted:
      return "granted";
    case Decision::withdrawn:
      return "withdrawn";
    case Decision::pending:
      return "pending";
    case Decision::none:
      return "none";
  }
  return "pending";
}

std::optional<Decision> parse_decision(std::string_view text) {
  for (const Decision decision : decisions)
    if (name(decision) == text) return decision;
  return std::nullopt;
}

Message title(Decision decision) {
  switch (decision) {
    case Decision::granted:
      return {"granted", "发放"};
    case Decision::withdrawn:
      return {"withdrawn", "取消"};
    case Decision::pending:
      return {"pending", "待定"};
    case Decision::none:
      return {"none", "无"};
  }
  return {"pending", "待定"};
}

std::string_view BenefitRule::version() const {
  return part_withdraws ? "1:14d:any-refund" : "1:14d:whole-refund";
}

CivilTime due_at(CivilTime created_at) { return created_at + benefit_period; }

Verdict judge(const BenefitFacts& facts, const BenefitRule& rule) {
  switch (payment_of(facts.order_state)) {
    case Payment::unpaid:
    case Payment::cancelled:
      return {Decision::none,
              say({"None: the order is not paid (state {}).", "无：订单未支付（状态 {}）。"},
                  facts.order_state)};
    case Payment::unknown:
      return {Decision::pending, say({"Pending: the rule does not know order_state {}.",
                                      "待定：规则不认识订单状态 {}。"},
                                     facts.order_state)};
    case Payment::paid:
      break;
  }
  if (!facts.refunded) return granted_without_refund(facts);
  if (!rule.part_withdraws && !facts.wholly_refunded)
    return {Decision::granted,
            say({"Granted: refunded in part only ({} of {}), and that keeps the benefit.",
                 "发放：仅部分退款（{} 元，实付 {} 元），按规则保留福利。"},
                yuan_text(facts.refund_money), yuan_text(facts.price))};
  const RefundMoment& moment = rule.part_withdraws ? *facts.refunded : *facts.wholly_refunded;
  if (moment.at <= due_at(facts.created_at)) return withdrawn(facts, moment);
  return moment.exact() ? granted_after(facts, moment) : undated(facts, moment);
}

Verdict unobserved(CivilTime created_at, std::optional<CivilTime> observed_at) {
  if (!observed_at)
    return {Decision::pending, say({"Pending: the order was never observed in the shop.",
                                    "待定：从未在店铺中观察到该订单。"})};
  return {Decision::pending,
          say({"Pending: not observed since its 14th day ({}); last observed {}.",
               "待定：自下单满 14 天（{}）以来未再观察；最近一次观察于 {}。"},
              due_at(created_at).text(), observed_at->text())};
}

Verdict unlisted(CivilTime observed_at) {
  return {Decision::pending, say({"Pending: the shop no longer lists the order; last observed {}.",
                                  "待定：店铺已不再列出该订单；最近一次观察于 {}。"},
                                 observed_at.text())};
}

Verdict set_aside() {
  return {Decision::pending,
          say({"Pending: what was last read of the order cannot be stored (tidemark load rejects).",
               "待定：最近一次读取的订单内容无法保存（见 tidemark load rejects）。"})};
}

void tell_change(Verdict& verdict, Decision previous, CivilTime previously_decided_at) {
  if (previous == Decision::pending || previous == Decision::none) return;
  // What was granted and turns out to be unpaid has to be taken back, too.
  if (verdict.decision == Decision::none) verdict.decision = Decision::withdrawn;
  if (previous == verdict.decision) return;
  const std::string when = previously_decided_at.floor_to(0).text();
  const Message was = title(previous);
  verdict.reason.en += fmt::format(" This became known after {}, when it was {}.", when, was.en);
  verdict.reason.zh += fmt::format("此前已于 {} 决定为“{}”，之后才得知上述情况。", when, was.zh);
}

}  // namespace tidemark::load
