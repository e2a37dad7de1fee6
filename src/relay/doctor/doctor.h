#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "relay/secret_box.h"
#include "run/finding.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// A hub's state, to be examined. Every check reads only, all of them the same snapshot, so that a
/// hub may go on working meanwhile. They read whole tables: minutes on a state of many millions.
struct HubState {
  sql::Connection& connection;
  WallTime now{};
  std::chrono::hours retention{};      ///< relay.retention; 0: nothing was ever pruned.
  const SecretBox* secrets = nullptr;  ///< nullptr: the key is not known here.
};

/// What must hold in a hub's state whatever happened to the hub. A check that the database breaks
/// off is a finding, too; without a hub's tables there is only that one.
[[nodiscard]] std::vector<run::Finding> examine_hub(const HubState& state);

}  // namespace tidemark::relay
