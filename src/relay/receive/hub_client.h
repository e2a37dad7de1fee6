#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "relay/receive/received_event.h"

namespace tidemark::receive {

struct HubOptions {
  std::string url;        ///< `https://hub.example.com`; a path in front of `/api/v1` may follow.
  std::string token;      ///< May read.
  std::string ca_file{};  ///< PEM; empty: the system's authorities.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  ///< Of one request.
};

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

/// Asks the hub. Waits for each answer; one thread at a time. Addresses are not restricted: the
/// operator names the hub.
/// Errors of all calls: unreachable (also for 429 and 5xx), unauthorized (401, 403), not_found
/// (404), rejected (other refusals), corrupt (an answer that is none of the hub's).
class HubClient {
 public:
  /// Errors: invalid_config for a URL that is none; io.
  [[nodiscard]] static Result<HubClient> create(HubOptions options);

  /// Events of a subscription after a number, at most `limit`.
  [[nodiscard]] Result<EventsPage> events_after(std::string_view subscription_id,
                                                std::int64_t after, std::int64_t limit);
  /// The latest version of a source record; nullopt if the hub knows none.
  [[nodiscard]] Result<std::optional<ReceivedEvent>> latest(std::string_view source_system,
                                                            std::string_view source_type,
                                                            std::string_view source_id);

  /// Ends a request that waits, and lets no other begin: they fail as unreachable. From any
  /// thread.
  void stop();

 private:
  HubClient(HubOptions options, std::unique_ptr<http::HttpClient> client);
  Result<std::string> get(const std::string& path_and_query);

  HubOptions options_;
  std::unique_ptr<http::HttpClient> client_;
};

/// `text` for a query of a URL: everything but letters, digits, `-`, `.`, `_`, `~` as `%XX`.
[[nodiscard]] std::string query_encoded(std::string_view text);

}  // namespace tidemark::receive
