#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "load/xiaoe/sandbox/moment.h"

namespace tidemark::load::xiaoe {

/// How a case of after-sales ends.
enum class CaseEnd { paid_out, refused, withdrawn };

/// Everything that will ever happen to one case of after-sales, whatever the clock shows.
struct AfterSaleFate {
  int number = 1;  ///< Among those of its order, from 1.
  Moment asked{};
  std::optional<Moment> agreed{};     ///< Of those that are paid out.
  std::optional<Moment> sent_back{};  ///< The goods are on their way back.
  Moment ended{};
  CaseEnd end = CaseEnd::paid_out;
  std::int64_t amount = 0;  ///< Asked for, and paid out if it ends so. In fen.

  [[nodiscard]] bool with_return() const { return sent_back.has_value(); }
  /// What it has brought the buyer at `now`.
  [[nodiscard]] std::int64_t refund_at(Moment now) const {
    return end == CaseEnd::paid_out && ended <= now ? amount : 0;
  }
};

/// What of a case can be seen at a moment.
struct AfterSaleView {
  int state = 0;  ///< As xe.ecommerce.after_sale.list names it.
  Moment updated{};
};
/// `now` is not before `fate.asked`.
[[nodiscard]] AfterSaleView view_at(const AfterSaleFate& fate, Moment now);

/// Everything that will ever happen to one order. Amounts in fen.
struct OrderFate {
  std::uint64_t index = 0;
  std::uint64_t chance = 0;  ///< For what has no bearing on the order's life: quirks of its row.
  Moment created{};
  std::uint64_t buyer = 0;    ///< The number of a user.
  std::uint64_t article = 0;  ///< Its place in the catalogue.
  int resource_type = 0;      ///< 21: goods that are shipped.
  std::int64_t price = 0;     ///< To be paid, after the coupon.
  std::int64_t coupon = 0;    ///< 0: none.
  int quantity = 1;
  std::optional<Moment> paid{};
  std::optional<Moment> closed{};  ///< Not paid: given up, or out of time.
  bool closed_by_hand = false;
  std::optional<Moment> shipped{};
  std::optional<Moment> received{};
  std::vector<AfterSaleFate> after_sales{};  ///< One after the other, never two at a time.

  /// What was paid out at `now`, all cases together.
  [[nodiscard]] std::int64_t refund_at(Moment now) const;
};

/// What of an order can be seen at a moment.
struct OrderView {
  int order_state = 0;
  int ship_state = 0;
  int sales_state = -1;
  int after_sales_state = 0;
  std::int64_t refund = 0;
  std::optional<Moment> paid{};
  std::optional<Moment> refunded{};  ///< The last refund.
  std::optional<Moment> settled{};
};
[[nodiscard]] OrderView view_at(const OrderFate& fate, Moment now);

}  // namespace tidemark::load::xiaoe
