#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

/// The longest span between begin_time and end_time, and the longest page.
inline constexpr std::chrono::days order_window_max{7};
inline constexpr std::int64_t order_page_max = 200;

/// What a request to xe.order.list.get/1.0.1 asks for.
struct OrderQuery {
  Moment begin{};
  Moment end{};  ///< Included.
  std::int64_t page_index = 1;
  std::int64_t page_size = order_page_max;
  bool descending = false;
  std::string order_id{};
  std::string user_id{};
  std::string resource_id{};
  std::optional<std::int64_t> order_state{};
  std::optional<std::int64_t> ship_state{};
  std::optional<std::int64_t> sales_state{};
  std::optional<std::int64_t> resource_type{};

  /// Whether orders are chosen by more than when they were placed.
  [[nodiscard]] bool filters() const;
};

/// Reads the JSON body of a request, which must have passed check_json(); numbers may come as text.
/// Empty begin_time: end - 24 h; empty end_time: now. On an error, a sentence that names the field.
struct ReadQuery {
  std::optional<OrderQuery> query;
  std::string_view wrong{};
};
[[nodiscard]] ReadQuery read_order_query(std::string_view body, Moment now);

struct OrderListPage {
  std::uint64_t total = 0;
  std::string list = "[";  ///< A JSON array.
};

/// The page as the shop would answer at `now`. Without filters it costs no more than its own rows.
/// `all_text`: all numbers come as text.
[[nodiscard]] OrderListPage list_orders(const OrderBook& book, const OrderQuery& query, Moment now,
                                        bool all_text = false);

}  // namespace tidemark::load::xiaoe
