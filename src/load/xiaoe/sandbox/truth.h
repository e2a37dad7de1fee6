#pragma once

#include <string>
#include <string_view>

#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

/// Counts and sums in fen per day over [begin, end] as they are at `now`, from the book and not
/// from rows, for tests to compare a warehouse with. A JSON object with a member a day that is not
/// empty.
///
/// orders, by the day on which they were placed:
/// `{"2025-01-01":{"orders":12,"price":…,"coupon":…,"refund":…,"refunded":…}}`
[[nodiscard]] std::string truth_of_orders(const OrderBook& book, Moment begin, Moment end,
                                          Moment now);
/// cases and what was asked for by the day on which they were opened, refunds by the day on which
/// they were paid: `{"2025-01-01":{"cases":3,"asked":…,"refunds":2,"refund":…}}`
[[nodiscard]] std::string truth_of_after_sales(const OrderBook& book, Moment begin, Moment end,
                                               Moment now);
/// users by the day on which they registered, and what they have paid so far:
/// `{"2025-01-01":{"users":3,"pay_sum":…}}`
[[nodiscard]] std::string truth_of_users(const OrderBook& book, Moment begin, Moment end,
                                         Moment now);
/// goods by the day on which they were made: `{"2025-01-01":{"goods":1,"on_sale":1,"price":…}}`
[[nodiscard]] std::string truth_of_goods(const OrderBook& book, Moment begin, Moment end,
                                         Moment now);
/// live sessions by the day on which they begin, with views, purchases and rewards so far:
/// `{"2025-01-01":{"lives":1,"views":…,"purchases":…,"reward":…}}`
[[nodiscard]] std::string truth_of_lives(const OrderBook& book, Moment begin, Moment end,
                                         Moment now);

/// The one that `stream` names: orders, aftersales, users, goods, live. Empty: there is none.
[[nodiscard]] std::string truth_of(std::string_view stream, const OrderBook& book, Moment begin,
                                   Moment end, Moment now);

}  // namespace tidemark::load::xiaoe
