#include "load/file/field.h"

#include <algorithm>
#include <span>
#include <utility>

namespace tidemark::load::file {
namespace {

struct Known {
  std::string_view name;
  std::string_view usual;  ///< Parted by `|`, the most telling first; as plain_name() writes them.
};

// `customer_id` goes before `user_id`: where a table has both, the second is a clerk. `id` goes
// before `order_number`, which a shop counts for people and Shopify's other tables do not refer to.
constexpr std::array<Known, field_count> known = {{
    {"order_id", "orderid|orderno|订单号|订单编号|id|ordernumber"},
    {"user_id", "customerid|userid|buyerid|用户编号|用户id|客户编号|买家会员名"},
    {"created_at",
     "createdat|createdtime|createtime|orderdate|ordertime|orderedat|下单时间|订单创建时间|"
     "创建时间"},
    {"price",
     "totalprice|totalpricesetshopamount|orderamount|paidamount|total|amount|price|"
     "实付金额|买家实际支付金额|订单金额|总金额|金额"},
    {"order_state",
     "orderstate|financialstatus|displayfinancialstatus|orderstatus|status|订单状态"},
    {"ship_state", "shipstate|fulfillmentstatus|displayfulfillmentstatus|shippingstatus|发货状态"},
    {"coupon_price",
     "couponprice|totaldiscounts|totaldiscountssetshopamount|discountamount|优惠券抵扣|优惠金额"},
    {"coupon_id", "couponid|优惠券编号"},
    {"coupon_name", "couponname|discountcode|优惠券名称"},
    {"refund_money", "refundmoney|refundedamount|refundamount|totalrefunded|退款金额"},
    {"pay_time", "paytime|paidat|paymenttime|支付时间|付款时间|订单付款时间"},
    {"refund_time", "refundtime|refundedat|退款时间"},
    {"settle_time", "settletime|settledat|结算时间"},
    {"updated_at", "updatedat|updatetime|modifiedat|更新时间"},
    {"out_order_id", "outorderid|外部订单号"},
    {"transaction_id", "transactionid|支付流水号"},
    {"goods_no", "goodsno|商品编码"},
    {"items", "items|orderitems|lineitems"},
    {"resource_id", "resourceid|productid|sku|lineitemsku|itemid|goodsid|商品编号"},
    {"title", "title|producttitle|productname|lineitemname|itemname|商品名称"},
    {"quantity", "quantity|lineitemquantity|qty|count|数量"},
    {"line_price", "lineprice|linetotal|lineamount|小计"},
}};

std::optional<std::size_t> place_of(std::span<const std::string> columns, std::string_view wanted) {
  const auto found = std::ranges::find(columns, wanted);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::optional<std::size_t> usual_place(std::span<const std::string> plain_columns,
                                       std::string_view usual) {
  while (!usual.empty()) {
    const std::string_view one = usual.substr(0, usual.find('|'));
    if (const auto place = place_of(plain_columns, one)) return place;
    usual.remove_prefix(std::min(usual.size(), one.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(Field field) { return known.at(static_cast<std::size_t>(field)).name; }

std::optional<Field> field_named(std::string_view name) {
  const auto found = std::ranges::find(known, name, &Known::name);
  if (found == known.end()) return std::nullopt;
  return static_cast<Field>(found - known.begin());
}

std::string field_names() {
  std::string names;
  for (const Known& field : known) {
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

std::string plain_name(std::string_view column) {
  std::string text;
  for (const char c : column) {
    if (c == '_' || c == '-' || c == ' ') continue;
    text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

Places places_of(const std::vector<std::string>& columns, const FieldMap& map) {
  std::vector<std::string> plain_columns;
  plain_columns.reserve(columns.size());
  for (const std::string& column : columns) plain_columns.push_back(plain_name(column));
  Places places;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto mapped = map.find(static_cast<Field>(i));
    places[i] = mapped == map.end() ? usual_place(plain_columns, known[i].usual)
                                    : place_of(columns, mapped->second);
  }
  // An `amount` that was named as each line's is not the order's as well.
  constexpr auto price = static_cast<std::size_t>(Field::price);
  const std::optional<std::size_t> lines = places[static_cast<std::size_t>(Field::line_price)];
  if (lines && places[price] == lines && map.contains(Field::line_price) &&
      !map.contains(Field::price)) {
    plain_columns[*lines].clear();
    places[price] = usual_place(plain_columns, known[price].usual);
  }
  return places;
}

}  // namespace tidemark::load::file
