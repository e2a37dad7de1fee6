#include "load/xiaoe/sandbox/order_row.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

#include "base/civil_time.h"
#include "base/json_text.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::string_view no_time = "0000-00-00 00:00:00";
constexpr std::uint64_t users_per_order_inverse = 3;  ///< A buyer has about three orders.
constexpr std::uint64_t resources = 200;
constexpr int base36 = 36;

std::string moment_text(const std::optional<Moment>& moment) {
  return moment ? CivilTime(*moment).text() : std::string(no_time);
}

std::string yuan(std::int64_t fen) { return fmt::format("{}.{:02}", fen / 100, fen % 100); }

/// A number, or now and then the same as text.
std::string loose(std::string number, bool as_text) {
  return as_text ? '"' + number + '"' : number;
}

std::string title_of(const OrderFate& fate) {
  constexpr std::array<std::string_view, 8> subjects = {
      "财务报表入门", "Excel 数据分析", "亲子英语", "古典吉他",
      "短视频剪辑",   "瑜伽 30 天",     "税务筹划", "“小白”理财\\实战"};
  return fmt::format("{} 第{}期", subjects[fate.chance % subjects.size()],
                     fate.chance / 8 % 40 + 1);
}

constexpr std::string_view system_info =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 MicroMessenger/8.0.42 NetType/WIFI Language/zh_CN";

void append_text(std::string& out, std::string_view name, std::string_view value) {
  out += '"';
  out += name;
  out += "\":";
  append_json_text(out, value);
  out += ',';
}

void append_value(std::string& out, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(out), "\"{}\":{},", name, value);
}

void append_number(std::string& out, std::string_view name, std::int64_t value) {
  append_value(out, name, std::to_string(value));
}

void append_discount(std::string& out, const OrderFate& fate) {
  if (fate.coupon == 0) {
    out += R"("discount_price":0,"discount_data":[],)";
    return;
  }
  fmt::format_to(std::back_inserter(out),
                 R"("discount_price":{0},"discount_data":[{{"discount_name":"优惠券",)"
                 R"("discount_type":1,"discount_price":{0}}}],)",
                 fate.coupon);
}

}  // namespace

std::string order_id_of(const OrderFate& fate) {
  char digits[16];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), fate.index, base36);
  return fmt::format("o_{}_{}", fate.created.time_since_epoch().count(),
                     std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

std::optional<std::uint64_t> index_in(std::string_view order_id) {
  const std::size_t bar = order_id.rfind('_');
  if (bar == std::string_view::npos) return std::nullopt;
  const std::string_view digits = order_id.substr(bar + 1);
  std::uint64_t index = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), index, base36);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return index;
}

std::string user_id_of(const OrderFate& fate) {
  // Buyers come back: the number of a buyer is that of an order some time before.
  const std::uint64_t buyer = fate.index - fate.chance % (fate.index / users_per_order_inverse + 1);
  return fmt::format("u_{:08x}_{:06}", buyer * 2'654'435'761U % 0xffffffffU, buyer);
}

std::string resource_id_of(const OrderFate& fate) {
  return fmt::format("p_{:04}_{}", fate.chance / 320 % resources, fate.resource_type);
}

void append_order_row(std::string& out, const OrderFate& fate, const OrderView& view) {
  const bool goods = fate.resource_type == 21;
  out += '{';
  append_text(out, "order_id", order_id_of(fate));
  append_text(out, "user_id", user_id_of(fate));
  append_number(out, "resource_type", fate.resource_type);
  append_text(out, "resource_id", resource_id_of(fate));
  append_text(out, "title", title_of(fate));
  append_value(out, "count", loose(std::to_string(fate.quantity), fate.chance % 5 == 0));
  append_value(out, "price", loose(yuan(fate.price), fate.chance % 3 == 0));
  append_text(out, "coupon_id", fate.coupon == 0 ? "" : fmt::format("cu_{}", fate.coupon));
  append_text(out, "coupon_name", fate.coupon == 0 ? "" : "满减券");
  append_value(out, "coupon_price", loose(std::to_string(fate.coupon), fate.chance % 7 == 0));
  append_number(out, "order_state", view.order_state);
  append_number(out, "ship_state", view.ship_state);
  append_number(out, "sales_state", view.sales_state);
  append_number(out, "pay_way", static_cast<std::int64_t>(fate.chance % 2));
  append_number(out, "collection_way", -1);
  append_text(out, "out_order_id", "");
  append_text(out, "transaction_id", view.paid ? fmt::format("42000{:023}", fate.index) : "");
  append_value(out, "client_type", loose(std::to_string(fate.chance % 2), fate.chance % 11 == 0));
  append_text(out, "system_info", system_info);
  append_text(out, "created_time", CivilTime(fate.created).text());
  append_text(out, "pay_time", moment_text(view.paid));
  append_text(out, "refund_time", moment_text(view.refunded));
  append_number(out, "after_sales_state", view.after_sales_state);
  append_text(out, "settle_time", moment_text(view.settled));
  append_value(out, "refund_money",
               view.refund == 0 ? std::string("\"\"")
                                : loose(std::to_string(view.refund), fate.chance % 2 == 0));
  append_text(out, "receiver_name", goods ? "张三" : "");
  append_text(out, "receiver_detail", goods ? "浙江省杭州市示例路 1 号" : "");
  append_text(out, "receiver_phone", goods ? "13800000000" : "");
  append_value(out, "order_type", fate.coupon == 0 ? "[2]" : "[2,8]");
  append_discount(out, fate);
  append_number(out, "team_buy_state", 0);
  append_text(out, "goods_no", goods ? fmt::format("G{:05}", fate.chance % 1000) : "");
  out.back() = '}';
}

}  // namespace tidemark::load::xiaoe
