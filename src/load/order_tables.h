#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/order.h"
#include "sql/connection.h"

namespace tidemark::load {

/// An order, and when it was first seen so.
struct SeenOrder {
  Order order;
  WallTime observed_at{};
};

/// An order that was known and is different now.
struct ChangedOrder {
  std::string order_id;
  CivilTime created_at;
  CivilTime seen_at;   ///< By the clock of the platform's zone.
  bool state_changed;  ///< What order_history keeps: states, refund, payment.
};

struct OrderChanges {
  std::uint64_t inserted = 0;
  std::uint64_t unchanged = 0;  ///< Not touched.
  std::vector<ChangedOrder> changed{};
};

/// The tables orders, order_items and order_history of one platform. Compares before it writes, so
/// that a row without news is not touched. Inside the caller's transaction, which must keep other
/// writers of the same platform out. Errors: those of Connection.
class OrderTables {
 public:
  OrderTables(sql::Connection& connection, std::string platform, std::chrono::minutes utc_offset);

  /// The orders must be different ones, sorted by id. With `write` false it only compares.
  [[nodiscard]] Result<OrderChanges> apply(std::span<const SeenOrder> orders, bool write);

 private:
  using Row = std::vector<std::optional<std::string>>;
  using Rows = std::map<std::string, Row>;

  [[nodiscard]] Result<Rows> existing(std::span<const SeenOrder> orders, bool items);
  [[nodiscard]] sql::Values order_row(const SeenOrder& seen) const;
  [[nodiscard]] std::vector<sql::Values> item_rows(const Order& order) const;
  [[nodiscard]] sql::Values history_row(const SeenOrder& seen, const Row* before) const;
  [[nodiscard]] CivilTime local(WallTime time) const;

  sql::Connection& connection_;
  const std::string platform_;
  const std::chrono::minutes utc_offset_;
  const std::string zone_;
};

}  // namespace tidemark::load
