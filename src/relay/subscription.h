#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/signature.h"
#include "relay/publication.h"

namespace tidemark::relay {

enum class Mode {
  realtime,  ///< One request an event, at once.
  batch,     ///< Up to batch.size events a request, paced.
};
enum class Ordering {
  none,
  source,  ///< Events of one (source_system, source_type, source_id) one after the other.
};
/// What an ordered subscription does behind a parked delivery.
enum class AfterParked {
  block,  ///< Later events of the same source wait until somebody retries or cancels it.
  skip,   ///< They go on.
};

enum class SubscriptionState {
  active,
  paused,    ///< By a person, or after 401/403: until somebody resumes it.
  probing,   ///< It failed again and again: one delivery at a time tries whether it is back.
  disabled,  ///< The receiver answered 410.
};

[[nodiscard]] std::string_view name(Mode mode);
[[nodiscard]] std::string_view name(Ordering ordering);
[[nodiscard]] std::string_view name(AfterParked rule);
[[nodiscard]] std::string_view name(SubscriptionState state);
[[nodiscard]] std::optional<SubscriptionState> parse_subscription_state(std::string_view text);

struct BatchSettings {
  std::int64_t size = 100;               ///< Events a request, at most; 1..100.
  std::chrono::seconds interval{0};      ///< Sent when the oldest waits so long; 0: off.
  std::string at = "02:00";              ///< Daily, local time of `zone`; empty: off.
  std::string zone = "Asia/Shanghai";    ///< IANA name.
  std::chrono::milliseconds pace{1000};  ///< Between two requests.
};

/// No exchange takes longer, whatever a subscription's settings say.
inline constexpr std::chrono::milliseconds timeout_max{300'000};

/// What a subscriber asked for. `settings` in the database, as JSON.
struct SubscriptionSettings {
  Mode mode = Mode::realtime;
  http::BodyStyle signature_style = http::BodyStyle::raw;
  Ordering ordering = Ordering::none;
  AfterParked after_parked = AfterParked::block;
  std::int64_t concurrency = 16;  ///< Requests at once, 1..1024.
  double rate_limit = 0;          ///< Requests a second; 0: no limit.
  std::chrono::milliseconds connect_timeout{2'000};
  /// The whole exchange. The first attempts, which make up the promised five seconds, get at most
  /// fast_timeout.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds fast_timeout{5'000};
  std::vector<std::chrono::seconds> retry_schedule{};  ///< Empty: default_retry_schedule().
  /// Only events whose field has one of these values: `source_system`, `source_module`,
  /// `source_type`, `company_id`.
  std::map<std::string, std::vector<std::string>> filter{};
  BatchSettings batch{};
  std::string tls_ca{};           ///< PEM file of a private authority; empty: the system's.
  std::string tls_certificate{};  ///< PEM file of our client certificate.
  std::string tls_key{};
};

/// So many sign at once, at most: each adds to two headers of every request.
inline constexpr std::size_t secrets_max = 8;

/// A secret that signs. During a rotation the old one signs as well, until it expires.
struct Secret {
  std::string text;  ///< `whsec_…`, or any other text.
  std::optional<WallTime> expires_at{};
};

struct Subscription {
  std::string id;  ///< `sub_` and a ULID.
  std::string name;
  std::string target_system;
  std::string url;
  std::vector<std::string> event_types;  ///< `l1_confirmed`, `invoice.*`, `*`.
  SubscriptionSettings settings;
  std::vector<Secret> secrets;  ///< The newest first. Sealed in the database.

  SubscriptionState state = SubscriptionState::active;
  std::string state_reason{};  ///< `operator`, `unauthorized`, `failures`, `gone`.
  WallTime state_since{};
  std::int64_t failures = 0;           ///< In a row, of the endpoint's own.
  std::optional<WallTime> probe_at{};  ///< When probing: the next try.

  std::int64_t next_sequence = 1;
  std::int64_t version = 1;  ///< Counts changes of what a person set.
  WallTime created_at{};
  WallTime updated_at{};

  /// Does it get this event? By event type, target system and filter; not by state: a paused
  /// subscription gets it too, later.
  [[nodiscard]] bool wants(const Publication& publication) const;
};

/// Does `pattern` cover `event_type`? `*` covers all, `invoice.*` everything that begins with
/// `invoice.`, others only themselves.
[[nodiscard]] bool event_type_matches(std::string_view pattern, std::string_view event_type);

}  // namespace tidemark::relay
