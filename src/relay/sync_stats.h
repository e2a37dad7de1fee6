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
  std::int64_t unfinished = 0;       ///< But for those that wait for a batch's time.
  std::int64_t waiting = 0;          ///< For a batch's time.
  std::optional<WallTime> oldest{};  ///< When the oldest of `unfinished` was made.
  std::int64_t failures = 0;         ///< In a row, of the endpoint's own.
  /// Records of its receiver that differed when it last compared itself; nullopt: it never did.
  std::optional<std::int64_t> differences{};
};

/// How the deliveries are doing, at one moment.
struct SyncStats {
  std::int64_t delivered_24h = 0;  ///< Finished in the last 24 hours.
  std::int64_t failed_24h = 0;     ///< Parked in that time.
  std::int64_t delivered_1h = 0;
  std::int64_t failed_1h = 0;
  /// Over delivered_1h: from publish to 2xx; of a batch from its time, of what a person sent again
  /// from then.
  std::chrono::microseconds latency_mean{};
  std::chrono::microseconds latency_p99{};
  /// Unfinished, those of paused subscriptions too, but not what waits for a batch's time.
  std::int64_t backlog = 0;
  std::int64_t waiting_for_batch = 0;
  std::int64_t retrying = 0;  ///< Of the backlog, those that failed before.
  std::int64_t parked = 0;    ///< Wait for a person.
  struct Failure {
    std::string code;  ///< `HTTP_503`
    std::int64_t retrying = 0;
    std::int64_t parked = 0;
  };
  std::vector<Failure> failures;  ///< What those are that are retrying or parked.
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
