#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "api/alert_part.h"
#include "api/metrics.h"
#include "api/schedule_part.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/server.h"
#include "relay/hub.h"
#include "relay/secret_box.h"
#include "relay/stream/options.h"
#include "relay/subscription_json.h"
#include "sql/url.h"

namespace tidemark::api {

struct HubServerOptions {
  sql::Url state;
  http::ServerOptions http;
  relay::EngineOptions engine;
  relay::SubscriptionLimits limits;
  std::chrono::hours retention{90 * 24};  ///< Finished deliveries are kept so long; 0: for ever.
  std::optional<relay::StreamOptions> stream{};  ///< The second way in; nullopt: there is none.
  std::optional<relay::WakeOptions> wake{};      ///< Only for a state that hubs share.
  ScheduleOptions schedule{};
  std::vector<WatchedFolder> folders{};  ///< Told in the metrics.
  AlertOptions alert{};
  std::string admin_token{};  ///< TIDEMARK_ADMIN_TOKEN; may be empty.
  std::string version{};
  std::string revision{};
};

/// The hub with its API: everything that `tidemark serve` runs.
class HubServer {
 public:
  /// Opens the state, starts the hub, listens. `sender`, `clock` and `random` must outlive it.
  /// Errors: locked when another process serves this SQLite state; invalid_config (address, token);
  /// those of Store::open.
  [[nodiscard]] static Result<std::unique_ptr<HubServer>> start(HubServerOptions options,
                                                                relay::SecretBox secrets,
                                                                relay::Sender& sender,
                                                                const Clock& clock, Random& random);
  ~HubServer();
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// The admin's token that was made because there was none: to be shown once.
  [[nodiscard]] const std::optional<std::string>& made_token() const;

  /// Takes no more requests, answers those under way, waits for deliveries under way: `patience`
  /// for all of it.
  void stop(std::chrono::milliseconds patience);

 private:
  struct Parts;
  explicit HubServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidemark::api
