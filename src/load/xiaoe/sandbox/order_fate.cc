#include "load/xiaoe/sandbox/order_fate.h"

#include <algorithm>

namespace tidemark::load::xiaoe {
namespace {

constexpr std::chrono::days settled_after{30};
/// The goods are looked at for so long before the money goes back.
constexpr std::chrono::minutes money_takes{10};

int ended_state(const AfterSaleFate& fate) {
  switch (fate.end) {
    case CaseEnd::paid_out:
      return fate.with_return() ? 14 : 13;  // 退货退款完成, 退款完成
    case CaseEnd::refused:
      return fate.with_return() ? 5 : 4;  // 商家拒绝退货退款, 商家拒绝退款
    case CaseEnd::withdrawn:
      return 1;  // 用户取消
  }
  return 0;
}

/// The order's own word for its latest case.
int after_sales_state(const AfterSaleFate& latest, Moment now) {
  if (latest.ended > now) return 1;  // 处理中
  switch (latest.end) {
    case CaseEnd::paid_out:
      return 2;  // 已处理
    case CaseEnd::refused:
      return 3;  // 已拒绝
    case CaseEnd::withdrawn:
      return 4;  // 已关闭
  }
  return 0;
}

}  // namespace

AfterSaleView view_at(const AfterSaleFate& fate, Moment now) {
  if (fate.ended <= now) return {.state = ended_state(fate), .updated = fate.ended};
  AfterSaleView view{.state = 2, .updated = fate.asked};  // 商家受理中
  const auto reach = [&](Moment at, int state) {
    if (at <= now) view = {.state = state, .updated = at};
  };
  if (!fate.agreed) return view;
  if (!fate.sent_back) {
    reach(*fate.agreed, 11);  // 商家退款中
    return view;
  }
  reach(*fate.agreed, 6);     // 待买家退货
  reach(*fate.sent_back, 8);  // 待商家收货
  reach(std::max(*fate.sent_back, fate.ended - money_takes), 11);
  return view;
}

std::int64_t OrderFate::refund_at(Moment now) const {
  std::int64_t sum = 0;
  for (const AfterSaleFate& after_sale : after_sales) sum += after_sale.refund_at(now);
  return sum;
}

OrderView view_at(const OrderFate& fate, Moment now) {
  OrderView view;
  const bool goods = fate.resource_type == 21;
  const auto happened = [now](const std::optional<Moment>& at) { return at && *at <= now; };
  if (happened(fate.closed)) view.order_state = fate.closed_by_hand ? 7 : 6;
  if (!happened(fate.paid)) return view;
  view.order_state = 1;
  view.paid = fate.paid;
  view.ship_state = !goods ? 0 : happened(fate.received) ? 3 : happened(fate.shipped) ? 2 : 1;
  bool open = false;
  for (const AfterSaleFate& after_sale : fate.after_sales) {
    if (after_sale.asked > now) break;
    view.after_sales_state = after_sales_state(after_sale, now);
    view.refund += after_sale.refund_at(now);
    if (after_sale.refund_at(now) > 0) view.refunded = after_sale.ended;
    open = after_sale.ended > now;
    if (open && after_sale.amount == fate.price) view.order_state = 8;
  }
  if (view.refund > 0) {
    const bool whole = view.refund == fate.price;
    view.order_state = whole ? 10 : 11;
    view.sales_state = whole ? 2 : 1;
  } else if (!open && happened(*fate.paid + settled_after)) {
    view.settled = *fate.paid + settled_after;
  }
  return view;
}

}  // namespace tidemark::load::xiaoe
