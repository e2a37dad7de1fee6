#include "load/xiaoe/sandbox/order_row.h"

#include <fmt/format.h>

#include "load/xiaoe/sandbox/json_row.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::string_view system_info =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 MicroMessenger/8.0.42 NetType/WIFI Language/zh_CN";

void append_discount(JsonRow& row, const OrderFate& fate) {
  row.number("discount_price", fate.coupon);
  row.raw(
      "discount_data",
      fate.coupon == 0
          ? "[]"
          : fmt::format(R"([{{"discount_name":"优惠券","discount_type":1,"discount_price":{}}}])",
                        fate.coupon));
}

}  // namespace

void append_order_row(std::string& out, const OrderBook& book, const OrderFate& fate, Moment now,
                      bool all_text) {
  const OrderView view = view_at(fate, now);
  const Article& article = book.article(fate);
  const bool goods = fate.resource_type == physical_type;
  JsonRow row(out, all_text);
  row.text("order_id", book.order_id(fate));
  row.text("user_id", book.user_id(fate.buyer));
  row.number("resource_type", fate.resource_type);
  row.text("resource_id", article.id);
  row.text("title", article.name_at(fate.created));
  row.number("count", fate.quantity, fate.chance % 5 == 0);
  row.number("price", yuan_text(fate.price), fate.chance % 3 == 0);
  row.text("coupon_id", fate.coupon == 0 ? "" : fmt::format("cu_{}", fate.coupon));
  row.text("coupon_name", fate.coupon == 0 ? "" : "满减券");
  row.amount("coupon_price", fate.coupon, fate.chance % 7 == 0);
  row.number("order_state", view.order_state);
  row.number("ship_state", view.ship_state);
  row.number("sales_state", view.sales_state);
  row.number("pay_way", static_cast<std::int64_t>(fate.chance % 2));
  row.number("collection_way", -1);
  row.text("out_order_id", "");
  row.text("transaction_id", view.paid ? fmt::format("42000{:023}", fate.index) : "");
  row.number("client_type", static_cast<std::int64_t>(fate.chance % 2), fate.chance % 11 == 0);
  row.text("system_info", system_info);
  row.text("created_time", moment_text(fate.created));
  row.text("pay_time", moment_text(view.paid));
  row.text("refund_time", moment_text(view.refunded));
  row.number("after_sales_state", view.after_sales_state);
  row.text("settle_time", moment_text(view.settled));
  if (view.refund == 0)
    row.text("refund_money", "");
  else
    row.number("refund_money", view.refund, fate.chance % 2 == 0);
  row.text("receiver_name", goods ? "张三" : "");
  row.text("receiver_detail", goods ? "浙江省杭州市示例路 1 号" : "");
  row.text("receiver_phone", goods ? "10000000000" : "");
  row.raw("order_type", fate.coupon == 0 ? "[2]" : "[2,8]");
  append_discount(row, fate);
  row.number("team_buy_state", 0);
  row.text("goods_no", goods ? fmt::format("G{:05}", fate.article) : "");
  row.finish();
}

}  // namespace tidemark::load::xiaoe
