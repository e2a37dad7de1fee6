#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::load {

/// An order whose benefit cannot be decided.
struct PendingOrder {
  std::string platform;
  std::string order_id;
  CivilTime due_at;
  Message reason;
  std::optional<std::string> accepted_reason{};  ///< nullopt: open.
};

/// Open ones first, then the oldest, at most `limit`. Errors: those of Connection; corrupt.
[[nodiscard]] Result<std::vector<PendingOrder>> pending_orders(sql::Connection& connection,
                                                               std::int64_t limit);

/// How many are pending.
struct PendingCounts {
  std::int64_t open = 0;
  std::int64_t accepted = 0;
};
/// By platform; one without any is left out. Errors: those of Connection.
[[nodiscard]] Result<std::map<std::string, PendingCounts>> count_pending(
    sql::Connection& connection);

/// Accepts these orders, or all of the platform that are open if nullopt: they stay pending, and
/// are decided as soon as they can be, but make no run partial until facts or reason change.
/// Returns how many were open. In a transaction of its own. Errors: not_found: an order is not
/// pending, and nothing is changed; those of Connection; corrupt.
[[nodiscard]] Result<std::int64_t> accept_pending(
    sql::Connection& connection, const std::string& platform,
    const std::optional<std::vector<std::string>>& ids, const std::string& reason, WallTime now);

}  // namespace tidemark::load
