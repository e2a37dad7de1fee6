#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "load/benefit/benefit_facts.h"
#include "load/benefit/benefit_rule.h"
#include "load/time_window.h"
#include "sql/connection.h"

namespace tidemark::load {

/// What was decided about an order before.
struct StoredDecision {
  Decision decision = Decision::pending;
  std::string previous;  ///< Empty: none.
  CivilTime decided_at;
  std::string rule_version;
  std::string facts;
  Message reason;
  bool accepted = false;  ///< Pending, and somebody knows of it: it makes no run partial.
};

/// An order with all that its benefit depends on.
struct BenefitOrder {
  std::string order_id;
  std::string user_id;
  std::string state_text;
  std::chrono::minutes utc_offset{};
  PlacedOrder order;
  std::vector<RefundState> history{};
  std::vector<CompletedAfterSale> after_sales{};
  std::optional<WallTime> observed_at{};
  bool set_aside = false;  ///< What was read last cannot be stored: the order is an older state.
  std::optional<StoredDecision> stored{};
};

/// Which of the younger tables are there: a dry run makes none.
struct BenefitTables {
  bool decisions = true;
  bool accepted = true;
  bool after_sales = true;
  bool gaps = true;
};

/// Reads orders of a platform by key. Errors: those of Connection; corrupt.
class BenefitOrders {
 public:
  /// `created`: only orders that were created in it.
  BenefitOrders(std::string platform, std::optional<TimeWindow> created, BenefitTables tables)
      : platform_(std::move(platform)), created_(created), tables_(tables) {}

  /// Up to `limit` orders whose id is behind `after`, by id; empty: there are no more.
  [[nodiscard]] Result<std::vector<BenefitOrder>> read(sql::Connection& connection,
                                                       const std::string& after,
                                                       std::int64_t limit) const;

 private:
  [[nodiscard]] Result<std::vector<BenefitOrder>> orders(sql::Connection& connection,
                                                         const std::string& after,
                                                         std::int64_t limit) const;
  [[nodiscard]] Result<void> add_history(sql::Connection& connection,
                                         std::vector<BenefitOrder>& orders) const;
  [[nodiscard]] Result<void> add_after_sales(sql::Connection& connection,
                                             std::vector<BenefitOrder>& orders) const;

  const std::string platform_;
  const std::optional<TimeWindow> created_;
  const BenefitTables tables_;
};

}  // namespace tidemark::load
