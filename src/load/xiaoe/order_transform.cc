#include "load/xiaoe/order_transform.h"

#include "base/json_object.h"
#include "load/money.h"
#include "load/xiaoe/fields.h"

namespace tidemark::load::xiaoe {

Result<Order> XiaoeOrderTransform::transform(std::string_view payload,
                                             std::vector<UnknownCode>& unknown) const {
  const auto members = json_members(payload);
  if (!members)
    return fail(ErrorKind::rejected, {"the row is no JSON object", "该行不是 JSON 对象"});
  Fields fields(*members);
  Order order{.order_id = fields.id("order_id"),
              .user_id = fields.id("user_id"),
              .title = fields.text("title"),
              .resource_id = fields.id("resource_id")};
  order.resource_type = fields.integer("resource_type");
  order.quantity = fields.integer("count");
  order.price = fields.money("price", fen_of_yuan);
  order.coupon_price = fields.money("coupon_price", fen_of_fen);
  order.refund_money = fields.money("refund_money", fen_of_fen);
  order.coupon_id = fields.id("coupon_id");
  order.coupon_name = fields.text("coupon_name");
  order.order_state = fields.integer("order_state");
  order.ship_state = fields.integer("ship_state");
  order.sales_state = fields.integer("sales_state");
  order.after_sales_state = fields.integer("after_sales_state");
  order.team_buy_state = fields.integer("team_buy_state");
  order.pay_way = fields.integer("pay_way");
  order.collection_way = fields.integer("collection_way");
  order.client_type = fields.integer("client_type");
  order.order_type = fields.verbatim("order_type");
  order.goods_no = fields.id("goods_no");
  order.out_order_id = fields.id("out_order_id");
  order.transaction_id = fields.id("transaction_id");
  const std::optional<CivilTime> created = fields.time("created_time");
  order.pay_time = fields.time("pay_time");
  order.refund_time = fields.time("refund_time");
  order.settle_time = fields.time("settle_time");
  if (order.order_id.empty()) fields.missing("order_id");
  if (!created) fields.missing("created_time");
  if (!order.price) fields.missing("price");
  if (!order.order_state) fields.missing("order_state");
  if (fields.error()) return fail(Error(*fields.error()));
  order.created_at = *created;
  order.order_state_text = coded(tables_.order_state, "order_state", order.order_state, unknown);
  order.ship_state_text = coded(tables_.ship_state, "ship_state", order.ship_state, unknown);
  order.resource_type_text =
      coded(tables_.resource_type, "resource_type", order.resource_type, unknown);
  // One resource a row; 1.0.1 has no list of goods.
  if (!order.resource_id.empty())
    order.items.push_back({.product_id = order.resource_id,
                           .title = order.title,
                           .resource_type = order.resource_type,
                           .quantity = order.quantity});
  return order;
}

}  // namespace tidemark::load::xiaoe
