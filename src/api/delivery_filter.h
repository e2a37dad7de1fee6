#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/parameters.h"
#include "relay/query.h"

namespace tidemark::api {

/// The part of a filter that every list of deliveries takes: `voucher_id`, `subscription_id`,
/// `event_id`, `target_system`, `error`, `since`, `until` (of the event's publication).
[[nodiscard]] inline relay::DeliveryFilter read_filter(Parameters& parameters, WallTime now) {
  return {
      .voucher_id = parameters.number("voucher_id", 1, std::numeric_limits<std::int64_t>::max()),
      .subscription_id = parameters.text("subscription_id"),
      .event_id = parameters.text("event_id"),
      .target_system = parameters.text("target_system"),
      .error = parameters.text("error"),
      .since = parameters.time("since", now),
      .before = parameters.time("until", now)};
}

/// Where the list goes on: event and delivery.
[[nodiscard]] inline std::optional<relay::DeliveryPlace> read_place(Parameters& parameters) {
  const std::vector<std::string> parts = parameters.cursor(2);
  if (parts.empty()) return std::nullopt;
  const auto key = relay::DeliveryKey::parse(parts[1]);
  if (!key) {
    parameters.fault("cursor", {"is none of ours", "不是有效的游标"});
    return std::nullopt;
  }
  return relay::DeliveryPlace{parts[0], *key};
}

[[nodiscard]] inline std::string place_after(const relay::Delivery& delivery) {
  return make_cursor({delivery.event_id, delivery.key.text()});
}

}  // namespace tidemark::api
