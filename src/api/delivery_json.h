#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>

#include "relay/hub.h"
#include "relay/query.h"

namespace tidemark::api {

/// Which deliveries the hub is sending right now. Waits for the hub's thread: not on an io thread.
[[nodiscard]] std::set<relay::DeliveryKey> under_way(const relay::Hub& hub);

/// What is under way is shown as `delivering`, whatever the database says.
void overlay(relay::ListedDelivery& listed, const std::set<relay::DeliveryKey>& delivering);

/// docs/wire/schema/delivery.json
[[nodiscard]] nlohmann::ordered_json delivery_json(const relay::ListedDelivery& listed);
[[nodiscard]] nlohmann::ordered_json attempt_json(const relay::AttemptRecord& attempt);
/// A row of `fin_data_sync_logs`.
[[nodiscard]] nlohmann::ordered_json sync_log_json(const relay::ListedDelivery& listed);

}  // namespace tidemark::api
