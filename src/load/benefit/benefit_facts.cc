#include "load/benefit/benefit_facts.h"

#include <algorithm>
#include <vector>

#include "base/json_text.h"
#include "load/benefit/order_states.h"
#include "load/money.h"

namespace tidemark::load {
namespace {

bool refunded(const RefundState& state) {
  return refund_is_made(state.order_state, state.refund_money, state.refund_time.has_value());
}

bool wholly_refunded(const RefundState& state, std::int64_t price) {
  return refunded(state) &&
         (says_wholly_refunded(state.order_state) || (price > 0 && state.refund_money >= price));
}

RefundMoment moment_of(const RefundState& state) {
  if (state.refund_time) return {*state.refund_time, RefundBasis::order};
  return {state.seen_at.floor_to(0), RefundBasis::seen};
}

RefundMoment moment_of(const CompletedAfterSale& sale) {
  if (sale.refund_time) return {*sale.refund_time, RefundBasis::after_sale};
  return {sale.changed_at, RefundBasis::after_sale_change};
}

/// In time before late, exact before bounds, early before late.
std::optional<RefundMoment> best(std::span<const RefundMoment> moments, CivilTime due) {
  const auto better = [due](const RefundMoment& a, const RefundMoment& b) {
    const bool a_in_time = a.at <= due, b_in_time = b.at <= due;
    if (a_in_time != b_in_time) return a_in_time;
    if (a.exact() != b.exact()) return a.exact();
    return a.at < b.at;
  };
  const auto found = std::ranges::min_element(moments, better);
  return found == moments.end() ? std::nullopt : std::optional(*found);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.size() > 1) out += ',';
  append_json_text(out, name);
  out += ':';
  append_json_text(out, value);
}

void append_moment(std::string& out, std::string_view name,
                   const std::optional<RefundMoment>& moment) {
  if (!moment) return;
  append_member(out, name, moment->at.text());
  append_member(out, std::string(name) + "_by", tidemark::load::name(moment->basis));
}

}  // namespace

std::string_view name(RefundBasis basis) {
  switch (basis) {
    case RefundBasis::order:
      return "order";
    case RefundBasis::after_sale:
      return "after_sale";
    case RefundBasis::after_sale_change:
      return "after_sale_change";
    case RefundBasis::seen:
      return "seen";
  }
  return "order";
}

std::string BenefitFacts::text() const {
  std::string out = "{";
  append_member(out, "created_at", created_at.text());
  if (pay_time) append_member(out, "pay_time", pay_time->text());
  append_member(out, "order_state", std::to_string(order_state));
  append_member(out, "price", yuan_text(price));
  if (refund_money != 0) append_member(out, "refund_money", yuan_text(refund_money));
  append_moment(out, "refunded", refunded);
  append_moment(out, "wholly_refunded", wholly_refunded);
  return out + '}';
}

BenefitFacts gather_facts(const PlacedOrder& order, std::span<const RefundState> history,
                          std::span<const CompletedAfterSale> after_sales, CivilTime due) {
  BenefitFacts facts{.created_at = order.created_at,
                     .pay_time = order.pay_time,
                     .order_state = order.now.order_state,
                     .price = order.price,
                     .refund_money = order.now.refund_money};
  if (!refunded(order.now)) return facts;
  std::vector<RefundMoment> any, whole;
  const bool whole_now = wholly_refunded(order.now, order.price);
  const auto add = [&](const RefundState& state) {
    if (!refunded(state)) return;
    any.push_back(moment_of(state));
    if (whole_now && wholly_refunded(state, order.price)) whole.push_back(any.back());
  };
  add(order.now);
  for (const RefundState& state : history) add(state);

  std::vector<CompletedAfterSale> sorted(after_sales.begin(), after_sales.end());
  std::ranges::sort(sorted, {}, [](const CompletedAfterSale& sale) { return moment_of(sale).at; });
  std::int64_t total = 0;
  for (const CompletedAfterSale& sale : sorted) {
    if (sale.refund_money <= 0) continue;
    total += sale.refund_money;
    any.push_back(moment_of(sale));
    if (whole_now && order.price > 0 && total >= order.price) whole.push_back(any.back());
  }
  facts.refunded = best(any, due);
  facts.wholly_refunded = best(whole, due);
  return facts;
}

}  // namespace tidemark::load
