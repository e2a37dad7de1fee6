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
#include "load/table.h"
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

enum class OrderWriting {
  nothing,       ///< Only compares.
  rows,          ///< orders and order_items.
  with_history,  ///< And what changed, as seen now.
};

/// The tables orders, order_items and order_history of one platform. Compares before it writes, so
/// that a row without news is not touched. Inside the caller's transaction, which must keep other
/// writers of the same platform out. Errors: those of Connection.
class OrderTables {
 public:
  OrderTables(sql::Connection& connection, std::string platform, std::chrono::minutes utc_offset);

  /// The orders must be different ones, sorted by id.
  [[nodiscard]] Result<OrderChanges> apply(std::span<const SeenOrder> orders, OrderWriting writing);

  /// Makes the history of orders what their states, oldest first, say; a history that says so
  /// already is not touched. The orders must be in the table. Returns how many were not so.
  [[nodiscard]] Result<std::uint64_t> rewrite_history(
      std::span<const std::vector<SeenOrder>> orders, bool write);

 private:
  using Row = std::vector<std::optional<std::string>>;
  using Rows = std::map<std::string, Row>;

  /// Rows by order id; those of one order stand one behind the other in one row.
  [[nodiscard]] Result<Rows> existing(std::span<const std::string> ids, const TableSpec& table);
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
