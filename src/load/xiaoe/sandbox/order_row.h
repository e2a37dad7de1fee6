#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

/// `o_1735689612_2s`: the id of an order names its place in the book.
[[nodiscard]] std::string order_id_of(const OrderFate& fate);
/// The index that the id names; it may be none of the book's.
[[nodiscard]] std::optional<std::uint64_t> index_in(std::string_view order_id);
[[nodiscard]] std::string user_id_of(const OrderFate& fate);
[[nodiscard]] std::string resource_id_of(const OrderFate& fate);

/// One element of the list as xe.order.list.get/1.0.1 gives it, with the quirks that public samples
/// show: `price` in yuan while `coupon_price` and `refund_money` are in fen, numbers that come as
/// text now and then, "" for no amount, zero dates for what did not happen.
void append_order_row(std::string& out, const OrderFate& fate, const OrderView& view);

}  // namespace tidemark::load::xiaoe
