#pragma once

#include <string>
#include <vector>

#include "load/xiaoe/sandbox/order_book.h"
#include "load/xiaoe/sandbox/request_fields.h"

namespace tidemark::load::xiaoe {

/// Requests and answers of the three interfaces about live sessions. Each answer is the member
/// `data`.

/// xe.alive.list.get/1.0.0. No public source tells its parameters or its answer; here it has
/// page and page_size (from 1, at most 50, default 20) and answers as list.by_ids does:
/// `{"total":N,"page":1,"page_count":N,"list":[…]}`, the newest first.
[[nodiscard]] PageQuery read_live_page(RequestFields& fields);
[[nodiscard]] std::string list_lives(const OrderBook& book, const PageQuery& page, Moment now,
                                     bool all_text, std::int64_t total_off_by = 0);

/// xe.alive.list.by_ids/1.0.0: `ids`, 1 to 50 of them. Unknown ones are left out.
[[nodiscard]] std::vector<std::string> read_live_ids(RequestFields& fields);
[[nodiscard]] std::string lives_by_ids(const OrderBook& book, const std::vector<std::string>& ids,
                                       Moment now, bool all_text);

/// xe.alive.detail.get/1.0.0: `id`. Empty: there is no such session.
[[nodiscard]] std::string live_detail(const OrderBook& book, std::string_view id, Moment now,
                                      bool all_text);

/// How many orders of the session are paid at `now`.
[[nodiscard]] std::uint64_t purchases_of(const OrderBook& book, const Live& live, Moment now);

}  // namespace tidemark::load::xiaoe
