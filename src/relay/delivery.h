#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidemark::relay {

/// Where one event stands on its way to one subscription.
enum class DeliveryStatus {
  pending,     ///< Due, not tried yet.
  delivering,  ///< A request is under way. Never stored: the process that sends knows it.
  retrying,    ///< Failed; due again at next_attempt_at.
  delivered,   ///< The receiver answered 2xx.
  parked,      ///< Waits for a person: refused by the receiver (400, 422) or out of retries.
  held,        ///< Waits while its subscription is paused. Never stored: follows the subscription.
  cancelled,   ///< Given up by a person, or its subscription was deleted.
};

[[nodiscard]] std::string_view name(DeliveryStatus status);
[[nodiscard]] std::optional<DeliveryStatus> parse_delivery_status(std::string_view text);

/// Which delivery: the subscription and its dense sequence number, 1, 2, 3, …
/// As text `sub_01JD…-42`.
struct DeliveryKey {
  std::string subscription_id;
  std::int64_t sequence = 0;

  auto operator<=>(const DeliveryKey&) const = default;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<DeliveryKey> parse(std::string_view text);
};

/// A delivery as people see it.
struct Delivery {
  DeliveryKey key;
  std::string event_id;
  std::string event_type;
  std::optional<std::int64_t> voucher_id{};
  DeliveryStatus status = DeliveryStatus::pending;
  std::int64_t attempts = 0;
  std::optional<WallTime> next_attempt_at{};
  std::optional<int> last_status_code{};
  std::string last_error{};    ///< `HTTP_503`, `ECONNREFUSED`; empty after a success.
  std::string last_message{};  ///< The receiver's words or the network's, cut.
  std::string reason{};        ///< Why it is held or parked: `paused`, `attempts_exhausted`, …
  WallTime created_at{};
  std::optional<WallTime> started_at{};   ///< First attempt.
  std::optional<WallTime> finished_at{};  ///< Delivered, parked or cancelled.
};

}  // namespace tidemark::relay
