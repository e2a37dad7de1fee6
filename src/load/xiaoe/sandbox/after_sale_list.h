#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/xiaoe/sandbox/order_book.h"
#include "load/xiaoe/sandbox/request_fields.h"

namespace tidemark::load::xiaoe {

/// Which of a case's times a range is about.
enum class CaseTime { created, updated, refunded };

struct AfterSaleQuery {
  CaseTime time = CaseTime::created;
  Moment begin{};
  Moment end{};  ///< Included.
  std::int64_t sales_state = -1;
  std::string order_id{};
  std::string aftersale_id{};
  std::string user_id{};
  PageQuery page{};

  bool operator==(const AfterSaleQuery&) const = default;
};

/// Reads a request to xe.ecommerce.after_sale.list/1.0.0: page_index from 1, page_size at most 50,
/// created_at `2025-01-01||2025-01-31` (days, or times), date_type. What is wrong is remembered in
/// `fields`.
[[nodiscard]] AfterSaleQuery read_after_sale_query(RequestFields& fields);

/// Cases of after-sales as that interface lists them, the newest first, for a book of orders.
/// The cases of a range are found by going through the orders that may have them, once; pages after
/// the first cost no more than their own rows. Thread-safe.
class AfterSaleList {
 public:
  explicit AfterSaleList(const OrderBook& book) : book_(book) {}

  /// The member `data` of the answer: `{"list":[…],"row_count":N}`.
  [[nodiscard]] std::string page(const AfterSaleQuery& query, Moment now, bool all_text,
                                 std::int64_t total_off_by = 0);

 private:
  /// A case, by its order and its place among the order's.
  struct Entry {
    Moment time;
    std::uint64_t order;
    std::uint32_t place;
  };
  [[nodiscard]] std::vector<Entry> find(const AfterSaleQuery& query, Moment now) const;

  const OrderBook& book_;
  std::mutex mutex_;
  std::optional<std::pair<AfterSaleQuery, Moment>> known_;  ///< What `entries_` answers.
  std::vector<Entry> entries_;
};

}  // namespace tidemark::load::xiaoe
