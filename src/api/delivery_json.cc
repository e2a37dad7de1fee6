#include "api/delivery_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/stamp.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;
using relay::DeliveryStatus;

ordered_json time_json(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return stamp(*time);
}

std::string_view log_status(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::delivered:
      return "success";
    case DeliveryStatus::parked:
    case DeliveryStatus::cancelled:
      return "failed";
    case DeliveryStatus::pending:
    case DeliveryStatus::delivering:
    case DeliveryStatus::retrying:
    case DeliveryStatus::held:
      return "pending";
  }
  return "";
}

}  // namespace

std::set<relay::DeliveryKey> under_way(const relay::Hub& hub) {
  const std::vector<relay::DeliveryKey> keys = hub.delivering();
  return {keys.begin(), keys.end()};
}

void overlay(relay::ListedDelivery& listed, const std::set<relay::DeliveryKey>& delivering) {
  relay::Delivery& delivery = listed.delivery;
  const bool unfinished = delivery.status == DeliveryStatus::pending ||
                          delivery.status == DeliveryStatus::retrying ||
                          delivery.status == DeliveryStatus::held;
  if (!unfinished || !delivering.contains(delivery.key)) return;
  delivery.status = DeliveryStatus::delivering;
  delivery.reason.clear();
}

ordered_json delivery_json(const relay::ListedDelivery& listed) {
  const relay::Delivery& delivery = listed.delivery;
  return {{"id", delivery.key.text()},
          {"subscription_id", delivery.key.subscription_id},
          {"sequence", delivery.key.sequence},
          {"event_id", delivery.event_id},
          {"event_type", delivery.event_type},
          {"voucher_id", or_null(delivery.voucher_id)},
          {"target_system", listed.target_system},
          {"status", name(delivery.status)},
          {"reason", or_null(delivery.reason)},
          {"attempts", delivery.attempts},
          {"next_attempt_at", time_json(delivery.next_attempt_at)},
          {"last_status_code", or_null(delivery.last_status_code)},
          {"last_error", or_null(delivery.last_error)},
          {"last_message", or_null(delivery.last_message)},
          {"created_at", stamp(delivery.created_at)},
          {"started_at", time_json(delivery.started_at)},
          {"finished_at", time_json(delivery.finished_at)}};
}

ordered_json attempt_json(const relay::AttemptRecord& attempt) {
  return {{"attempt", attempt.attempt},
          {"started_at", stamp(attempt.started_at)},
          {"ended_at", stamp(attempt.started_at + attempt.duration)},
          {"latency_ms", static_cast<double>(attempt.duration.count()) / 1000},
          {"status_code", or_null(attempt.status_code)},
          {"error_code", or_null(attempt.error_code)},
          {"error_message", or_null(attempt.message)},
          {"response", attempt.response}};
}

ordered_json sync_log_json(const relay::ListedDelivery& listed) {
  const relay::Delivery& delivery = listed.delivery;
  return {{"id", delivery.key.text()},
          {"voucher_id", or_null(delivery.voucher_id)},
          {"event_type", delivery.event_type},
          {"target_system", listed.target_system},
          {"status", log_status(delivery.status)},
          {"sync_started_at", stamp(delivery.created_at)},
          {"sync_completed_at", time_json(delivery.finished_at)},
          {"retry_count", std::max<std::int64_t>(delivery.attempts - 1, 0)},
          {"error_code", or_null(delivery.last_error)},
          {"error_message", or_null(delivery.last_message)}};
}

}  // namespace tidemark::api
