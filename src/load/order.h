#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "load/transform.h"

namespace tidemark::load {

/// One thing that was ordered.
struct OrderItem {
  std::string product_id;
  std::string title;
  std::optional<std::int64_t> resource_type{};
  std::optional<std::int64_t> quantity{};
  std::optional<std::int64_t> price{};  ///< Of the whole line, as the source tells it.
  /// Of several lines that all tell theirs: what of the order's price and refund belongs to this
  /// one. The shares of the lines sum up to these exactly.
  std::optional<std::int64_t> share{};
  std::optional<std::int64_t> refund_share{};
};

/// An order as the warehouse keeps it, whatever platform it comes from. Amounts in fen; times by
/// the clock of the platform's zone. What a platform does not tell stays nullopt or empty.
struct Order {
  std::string order_id;
  std::string user_id;
  std::string title;
  std::string resource_id;
  std::optional<std::int64_t> resource_type{};
  std::string resource_type_text{};  ///< Empty: the code is not known.
  std::optional<std::int64_t> quantity{};
  std::optional<std::int64_t> price{};         ///< Paid.
  std::optional<std::int64_t> coupon_price{};  ///< Taken off by a coupon.
  std::optional<std::int64_t> refund_money{};
  std::string coupon_id{};
  std::string coupon_name{};
  std::optional<std::int64_t> order_state{};
  std::string order_state_text{};
  std::optional<std::int64_t> ship_state{};
  std::string ship_state_text{};
  std::optional<std::int64_t> sales_state{};
  std::optional<std::int64_t> after_sales_state{};
  std::optional<std::int64_t> team_buy_state{};
  std::optional<std::int64_t> pay_way{};
  std::optional<std::int64_t> collection_way{};
  std::optional<std::int64_t> client_type{};
  std::string order_type{};  ///< As it came: `[2,8]`.
  std::string goods_no{};
  std::string out_order_id{};
  std::string transaction_id{};
  CivilTime created_at{};
  std::optional<CivilTime> pay_time{};
  std::optional<CivilTime> refund_time{};
  std::optional<CivilTime> settle_time{};
  std::vector<OrderItem> items{};
};

using OrderTransform = RecordTransform<Order>;

}  // namespace tidemark::load
