#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "relay/batch.h"
#include "relay/sender.h"

namespace tidemark::relay {

/// What follows from one attempt, for the delivery and for its endpoint.
enum class Outcome {
  delivered,  ///< 2xx.
  retry,      ///< Again, as the schedule says.
  park,       ///< The receiver will never take it: a person must look.
  pause,      ///< The receiver refuses our secret: the subscription waits for a person.
  disable,    ///< The receiver is gone for good (410).
};

struct Verdict {
  Outcome outcome = Outcome::retry;
  std::string error_code{};  ///< `HTTP_503`, `ECONNREFUSED`; empty when delivered.
  std::string message{};     ///< The receiver's words, or the network's.
  /// The endpoint failed as such (network, 5xx, 429, …): counts for its health. What is wrong with
  /// one event, or with us, does not.
  bool endpoint_failed = false;
  /// The endpoint asked for a pause; clamped to retry_after_max.
  std::optional<std::chrono::seconds> retry_after{};
};

inline constexpr std::chrono::seconds retry_after_max{3600};

/// 2xx success; 3xx is never followed and fails; 400, 413, 422 park; 401, 403 pause the
/// subscription; 410 disables it; all else is retried (PRODUCT section 3; Standard Webhooks 1.0.0,
/// "Deliverability and reliability").
[[nodiscard]] Verdict judge(const AttemptResult& result);

/// The same for one event of a batch, by what the receiver said of it in an answer of 2xx: the
/// codes 0 and 2xx are success, others as HTTP statuses; unknown ones are retried, and so is what
/// has no readable code (`BAD_RESULT`). An event never pauses or disables its endpoint.
[[nodiscard]] Verdict judge_event(const EventAnswer& answer);

}  // namespace tidemark::relay
