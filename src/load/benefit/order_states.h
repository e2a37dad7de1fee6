#pragma once

#include <cstdint>

namespace tidemark::load {

/// What the rule of benefits makes of order_state. Its codes in the warehouse are those of Xiaoe's
/// list of orders, whatever the platform; others translate theirs: 0 unpaid, 1 paid, 2 failed,
/// 3 refunded, 4 deposit, 5 being paid, 6 and 7 cancelled, 8 refund under way, 9 refund failed,
/// 10 refunded, 11 refunded in part.

enum class Payment { unpaid, paid, cancelled, unknown };

[[nodiscard]] constexpr Payment payment_of(std::int64_t order_state) {
  switch (order_state) {
    case 0:
    case 4:
    case 5:
      return Payment::unpaid;
    case 2:
    case 6:
    case 7:
      return Payment::cancelled;
    case 1:
    case 3:
    case 8:
    case 9:
    case 10:
    case 11:
      return Payment::paid;
    default:
      return Payment::unknown;
  }
}

/// Whether the order was paid: its pay_time says so (`timed`), its state, or money (fen) that came
/// back. Files tell of payments without saying when. What the views call paid is the same.
[[nodiscard]] constexpr bool was_paid(std::int64_t order_state, std::int64_t refund_money,
                                      bool timed) {
  return timed || refund_money > 0 || payment_of(order_state) == Payment::paid;
}

/// A refund was asked for and is not made (8), or could not be made (9).
[[nodiscard]] constexpr bool refund_is_open(std::int64_t order_state) {
  return order_state == 8 || order_state == 9;
}
[[nodiscard]] constexpr bool says_wholly_refunded(std::int64_t order_state) {
  return order_state == 3 || order_state == 10;
}
[[nodiscard]] constexpr bool says_refunded(std::int64_t order_state) {
  return says_wholly_refunded(order_state) || order_state == 11;
}
/// Whether a refund was made: what the order's state, its money (fen) and its time say together. A
/// refund that is asked for, or failed, may bear the time of the request.
[[nodiscard]] constexpr bool refund_is_made(std::int64_t order_state, std::int64_t refund_money,
                                            bool timed) {
  if (refund_is_open(order_state)) return refund_money > 0 && timed;
  return refund_money > 0 || timed || says_refunded(order_state);
}

}  // namespace tidemark::load
