#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What one subscription still has to get.
struct EndpointBacklog {
  std::string subscription_id;
  std::string name;
  std::string state;
  std::int64_t unfinished = 0;
  std::optional<WallTime> oldest{};  ///< When the oldest unfinished delivery was made.
  std::int64_t failures = 0;         ///< In a row, of the endpoint's own.
};

/// How the deliveries are doing, at one moment.
struct SyncStats {
  std::int64_t delivered_24h = 0;  ///< Finished in the last 24 hours.
  std::int64_t failed_24h = 0;     ///< Parked in that time.
  std::int64_t delivered_1h = 0;
  std::int64_t failed_1h = 0;
  std::chrono::microseconds latency_mean{};  ///< From publish to 2xx, over delivered_1h.
  std::chrono::microseconds latency_p99{};
  std::int64_t backlog = 0;   ///< Unfinished, those of paused subscriptions too.
  std::int64_t retrying = 0;  ///< Of these, those that failed before.
  std::int64_t parked = 0;    ///< Wait for a person.
  std::vector<std::pair<std::string, std::int64_t>> failures;  ///< Error code -> deliveries that
                                                               ///< are retrying or parked with it.
  std::vector<EndpointBacklog> endpoints;

  /// Of the finished ones; nullopt without any.
  [[nodiscard]] std::optional<double> success_rate() const;
  [[nodiscard]] std::optional<double> success_rate_1h() const;
  [[nodiscard]] std::optional<WallTime> oldest_undelivered() const;
};

/// Counts. Deliveries of events older than eight days are left out of the first five members: event
/// ids, which sort by time, bound the search. Waits on the database, longer with a long backlog.
/// Errors: those of sql::Connection.
[[nodiscard]] Result<SyncStats> sync_stats(sql::Connection& connection, WallTime now);

}  // namespace tidemark::relay
