#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/hub_client.h"
#include "relay/receive/received_event.h"

namespace tidemark::receive {

/// An event as the hub gives it when it is asked (docs/wire/schema/events-after.json).
struct PulledEvent {
  std::int64_t sequence = 0;
  std::string id;
  std::string body;  ///< As it was or will be pushed, to the byte.
};

struct EventsPage {
  std::vector<PulledEvent>
      events;                   ///< By sequence; numbers that the hub no longer has are left out.
  std::int64_t next_after = 0;  ///< Everything up to here is accounted for.
  bool has_more = false;
};

/// Events of a subscription after a number, at most `limit`. Waits on the hub. Errors of both:
/// those of relay::HubClient, and corrupt for an answer that is none of the hub's.
[[nodiscard]] Result<EventsPage> events_after(relay::HubClient& hub,
                                              std::string_view subscription_id, std::int64_t after,
                                              std::int64_t limit);
/// The latest version of a source record; nullopt if the hub knows none.
[[nodiscard]] Result<std::optional<ReceivedEvent>> latest_event(relay::HubClient& hub,
                                                                std::string_view source_system,
                                                                std::string_view source_type,
                                                                std::string_view source_id);

}  // namespace tidemark::receive
