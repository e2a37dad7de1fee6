#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/subscription.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What is to be sent again: events published in [since, until) that the subscription wants.
struct ReplayRange {
  WallTime since{};
  WallTime until{};
  std::vector<std::string> event_types{};  ///< Patterns; empty: all.
};

/// One step through the events of a range, in the order in which they were published.
struct ReplayStep {
  std::vector<std::string> event_ids;  ///< Those that the subscription wants.
  std::string last_event;              ///< Where the next step begins; the old place at the end.
  bool end = false;
};

/// Looks at up to `limit` events behind `after` (empty: from the beginning). Waits on the database;
/// errors are those of sql::Connection.
[[nodiscard]] Result<ReplayStep> replay_step(sql::Connection& connection,
                                             const Subscription& subscription,
                                             const ReplayRange& range, const std::string& after,
                                             std::int64_t limit);
/// How many events all steps together find.
[[nodiscard]] Result<std::int64_t> count_replay(sql::Connection& connection,
                                                const Subscription& subscription,
                                                const ReplayRange& range);

}  // namespace tidemark::relay
