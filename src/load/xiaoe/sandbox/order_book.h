#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::load::xiaoe {

/// A second on a clock on the wall in China (UTC+8), as the shop's API writes it.
using Moment = std::chrono::local_seconds;

struct OrderBookOptions {
  std::uint64_t orders = 1000;
  std::uint64_t seed = 1;
  Moment from{};   ///< The first order is not placed before it.
  Moment until{};  ///< The last one is placed before it.
};

/// Everything that will ever happen to one order, whatever the clock shows. Amounts in fen.
struct OrderFate {
  std::uint64_t index = 0;
  std::uint64_t chance = 0;  ///< For what has no bearing on the order's life: names, quirks.
  Moment created{};
  std::int64_t price = 0;   ///< To be paid, after the coupon.
  std::int64_t coupon = 0;  ///< 0: none.
  int resource_type = 0;    ///< 21: goods that are shipped.
  int quantity = 1;
  std::optional<Moment> paid{};
  std::optional<Moment> closed{};  ///< Not paid: given up, or out of time.
  bool closed_by_hand = false;
  std::optional<Moment> refund_asked{};
  std::optional<Moment> refunded{};
  std::int64_t refund = 0;
  std::optional<Moment> shipped{};
  std::optional<Moment> received{};
};

/// What of it can be seen at a moment.
struct OrderView {
  int order_state = 0;
  int ship_state = 0;
  int sales_state = -1;
  int after_sales_state = 0;
  std::int64_t refund = 0;
  std::optional<Moment> paid{};
  std::optional<Moment> refunded{};
  std::optional<Moment> settled{};
};

/// The orders of a shop, each computed when it is asked for: a book of a hundred million orders
/// takes no more memory than an empty one. Order number i is placed before order i + 1, more of
/// them in the evening than at night. Immutable; thread-safe.
class OrderBook {
 public:
  explicit OrderBook(OrderBookOptions options) : options_(options) {}

  [[nodiscard]] std::uint64_t size() const { return options_.orders; }
  /// `index` is below size().
  [[nodiscard]] OrderFate fate(std::uint64_t index) const;
  /// How many orders are placed before `moment`: the index of the first that is not.
  [[nodiscard]] std::uint64_t placed_before(Moment moment) const;

 private:
  [[nodiscard]] std::uint64_t chance(std::uint64_t index) const;
  [[nodiscard]] Moment created(std::uint64_t index) const;

  OrderBookOptions options_;
};

[[nodiscard]] OrderView view_at(const OrderFate& fate, Moment now);

}  // namespace tidemark::load::xiaoe
