#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "base/result.h"
#include "relay/hub_client.h"
#include "relay/receive/received_event.h"
#include "relay/receive/receiver_store.h"

namespace tidemark::receive {

/// How a record here differs from the hub's latest event of it.
enum class Difference {
  missing,    ///< It is not here.
  older,      ///< An older version is here.
  different,  ///< The same version with another body.
  cache,      ///< tax_invoice_cache does not say what the event says.
};

[[nodiscard]] std::string_view name(Difference difference);

struct FoundDifference {
  Difference difference{};
  ReceivedEvent event;  ///< The hub's.
};

struct Comparison {
  std::uint64_t events = 0;   ///< That the hub gave.
  std::uint64_t refused = 0;  ///< Of these, those that cannot be read.
  /// By source_system, source_type, source_id.
  std::map<std::tuple<std::string, std::string, std::string>, FoundDifference> differences;
};

/// Reads all events that the hub still has of a subscription, and compares the latest of each
/// record with the tables. Changes nothing. What is newer here than there is no difference: the hub
/// prunes. `stop` is asked between pages: cancelled.
[[nodiscard]] Result<Comparison> compare_with_hub(ReceiverStore& store, relay::HubClient& hub,
                                                  const std::string& subscription_id,
                                                  const std::function<bool()>& stop);

/// How `event`, the hub's, differs from what is here; nullopt if it does not.
[[nodiscard]] Result<std::optional<Difference>> difference_of(ReceiverStore& store,
                                                              const ReceivedEvent& event);

}  // namespace tidemark::receive
