#pragma once

#include <string>

#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

/// One element of the list as xe.order.list.get/1.0.1 gives it, with the quirks that public samples
/// show: `price` in yuan while `coupon_price` and `refund_money` are in fen, numbers that come as
/// text now and then, "" for no amount, zero dates for what did not happen.
/// `all_text`: all numbers come as text.
void append_order_row(std::string& out, const OrderBook& book, const OrderFate& fate, Moment now,
                      bool all_text = false);

}  // namespace tidemark::load::xiaoe
