#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "load/xiaoe/sandbox/order_book.h"
#include "load/xiaoe/sandbox/request_fields.h"

namespace tidemark::load::xiaoe {

struct UserQuery {
  std::uint64_t page_size = 50;
  Moment begin = Moment::min();          ///< Registered from here on …
  Moment end = Moment::max();            ///< … to here, included.
  std::optional<std::uint64_t> after{};  ///< es_skip: go on after this user.
  std::string phone{};
  std::string nickname{};
};

/// Reads a request to xe.user.batch.get/2.0.0: page_size at most 50, es_skip as the last element of
/// the page before gave it, user_created_start and user_created_end (days, or times), phone,
/// nickname. What is wrong is remembered in `fields`.
[[nodiscard]] UserQuery read_user_query(RequestFields& fields);

/// The member `data` of the answer, `{"list":[…],"total":N}`, the newest user first. `total` counts
/// all whom the filters choose, not only those after es_skip.
[[nodiscard]] std::string list_users(const OrderBook& book, const UserQuery& query, Moment now,
                                     bool all_text, std::int64_t total_off_by = 0);

/// What the user has paid for orders so far, in fen.
[[nodiscard]] std::int64_t paid_by(const OrderBook& book, std::uint64_t user, Moment now);

}  // namespace tidemark::load::xiaoe
