#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// One HTTP request to a subscriber: one event, or a batch.
struct AttemptRequest {
  std::shared_ptr<const Subscription> subscription;  ///< URL, secrets, style, timeouts, TLS.
  std::string webhook_id;                            ///< Of the event, or of the batch.
  std::shared_ptr<const std::string> body;
  std::string source_system;            ///< X-Source-System.
  std::string delivery_id;              ///< X-Tidemark-Delivery; of a batch: of its first event.
  std::int64_t attempt = 1;             ///< X-Tidemark-Attempt.
  std::int64_t sequence = 0;            ///< X-Tidemark-Sequence; of a batch: of its first event.
  std::chrono::milliseconds timeout{};  ///< The whole exchange.
};

/// How it went. Exactly one of status_code and error_code tells: an answer has a status, whatever
/// it says; without an answer there is an error.
struct AttemptResult {
  int status_code = 0;       ///< 0: no answer.
  std::string error_code{};  ///< `ECONNREFUSED`, `ETIMEDOUT`, … when there was no answer.
  std::string message{};     ///< The network's words; empty with an answer.
  std::string response{};    ///< The beginning of the answer's body, valid UTF-8.
  bool truncated = false;    ///< The answer's body is not whole.
  std::optional<std::chrono::seconds> retry_after{};  ///< Not yet clamped.
  bool own_fault = false;  ///< Ours, not the receiver's: it is not charged for it.
  WallTime started_at{};
  std::chrono::microseconds duration{};
};

/// The error_code of an attempt that could not be signed, and so was not sent.
inline constexpr std::string_view unsignable = "UNSIGNABLE";

/// Sends requests to subscribers. Never follows redirects, never sends unsigned.
class Sender {
 public:
  virtual ~Sender() = default;
  /// Returns at once. `done` is called once, from any thread, at the latest shortly after the
  /// timeout; never from within send().
  virtual void send(AttemptRequest request, std::move_only_function<void(AttemptResult)> done) = 0;
};

}  // namespace tidemark::relay
