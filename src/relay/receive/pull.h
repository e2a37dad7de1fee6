#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "relay/hub_client.h"
#include "relay/receive/event_name.h"
#include "relay/receive/receiver_store.h"

namespace tidemark::receive {

struct PullCounts {
  std::uint64_t stored = 0;
  std::uint64_t repeated = 0;  ///< Had come in the meantime, or before.
  std::uint64_t refused = 0;   ///< Cannot be read: logged, and accounted for; the hub keeps them.
};

/// Asks the hub for what is missing of a subscription, from its contiguous mark until no hole is
/// left, and stores it as if it had been pushed, under the ids that `names` gives. `stop` is asked
/// between pages. Errors: those of hub and store; what was stored until then stays.
[[nodiscard]] Result<PullCounts> pull_missing(ReceiverStore& store, relay::HubClient& hub,
                                              const std::string& subscription_id,
                                              const PulledNames& names, const Clock& clock,
                                              const std::function<bool()>& stop,
                                              Language log_language);

}  // namespace tidemark::receive
