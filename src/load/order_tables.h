#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/cell.h"
#include "load/known_rows.h"
#include "load/order.h"
#include "load/stream_tables.h"
#include "sql/connection.h"

namespace tidemark::load {

/// What the first refund of an order that was made says of it: a platform overwrites refund_time
/// with each further one, so of all states the earliest counts, as long as the order still tells
/// one.
struct FirstRefund {
  std::optional<std::int64_t> days{};  ///< Whole ones, since the order was placed.
  bool in_time = false;                ///< Within the period of benefits.

  /// With the next state of the order.
  [[nodiscard]] FirstRefund then(const Order& order) const;
};

/// An order, and when it was first seen so.
struct SeenOrder {
  Order order;
  WallTime observed_at{};
  FirstRefund first_refund{};  ///< By this state and those that were taken before it.
};

/// The tables orders, order_items and order_history of one platform.
class OrderTables final : public StreamTables {
 public:
  OrderTables(std::string platform, std::chrono::minutes utc_offset,
              std::unique_ptr<const OrderTransform> transform)
      : platform_(std::move(platform)), utc_offset_(utc_offset), transform_(std::move(transform)) {}

  [[nodiscard]] StreamKind kind() const override { return StreamKind::orders; }
  [[nodiscard]] const std::string& platform() const override { return platform_; }
  [[nodiscard]] bool keeps_history() const override { return true; }
  [[nodiscard]] const OrderTransform& transform() const { return *transform_; }
  [[nodiscard]] std::unique_ptr<StreamBatch> batch() const override;
  [[nodiscard]] std::span<const std::string_view> amounts() const override;
  [[nodiscard]] Result<ShownAmounts> amounts_of(std::string_view payload) const override;

 private:
  const std::string platform_;
  const std::chrono::minutes utc_offset_;
  const std::unique_ptr<const OrderTransform> transform_;
};

/// Orders on their way into these tables.
class OrderBatch final : public StreamBatch {
 public:
  /// `transform` must outlive it.
  OrderBatch(const OrderTransform& transform, std::string platform,
             std::chrono::minutes utc_offset);

  [[nodiscard]] Result<void> take(std::span<const Observed> states,
                                  std::vector<UnknownCode>& unknown) override;
  [[nodiscard]] std::uint64_t size() const override { return orders_.size(); }
  [[nodiscard]] Result<TableChanges> apply(sql::Connection& connection,
                                           const Applying& applying) override;

 private:
  struct Changes;

  [[nodiscard]] Result<Changes> compare(sql::Connection& connection,
                                        const Applying& applying) const;
  [[nodiscard]] Result<void> write(sql::Connection& connection, const Changes& changes,
                                   std::optional<WallTime> derived_at) const;
  [[nodiscard]] Result<void> write_history(sql::Connection& connection, Changes& changes) const;
  /// Makes the history of the orders what their states say; a history that says so already is not
  /// touched. The orders must be in the table. Returns how many were not so.
  [[nodiscard]] Result<std::uint64_t> rewrite_history(sql::Connection& connection,
                                                      bool write) const;
  /// `first_refund`: by this state and all before it.
  void write_order(CellWriter& cells, const Order& order, const FirstRefund& first_refund,
                   WallTime observed_at) const;
  /// `line`: from 0.
  void write_item(CellWriter& cells, const Order& order, std::size_t line) const;
  /// `before`: the order's row until then, if there was one.
  void write_state(CellWriter& cells, const Order& order, WallTime observed_at,
                   const ShownRow* before) const;

  const OrderTransform& transform_;
  const std::string platform_;
  const std::chrono::minutes utc_offset_;
  const std::string zone_;
  /// The states of each order, oldest first.
  std::vector<std::vector<SeenOrder>> orders_;
};

}  // namespace tidemark::load
