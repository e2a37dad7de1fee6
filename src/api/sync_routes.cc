#include <nlohmann/json.hpp>

#include "api/delivery_filter.h"
#include "api/delivery_json.h"
#include "api/page.h"
#include "api/services.h"
#include "api/stamp.h"
#include "relay/sync_stats.h"

// The records of the synchronisation, under the names that people of the systems before know.
namespace tidemark::api {
namespace {

using nlohmann::ordered_json;
using std::chrono::microseconds;

Result<http::Response> list_logs(sql::Connection& connection, const relay::DeliveryFilter& filter,
                                 const std::optional<relay::DeliveryPlace>& after,
                                 std::int64_t limit) {
  auto rows = relay::list_deliveries(connection, filter, after, limit + 1);
  if (!rows) return fail(std::move(rows));
  std::optional<std::string> next;
  if (cut_page(*rows, limit)) next = place_after(rows->back().delivery);
  std::vector<std::string> texts;
  for (const relay::ListedDelivery& row : *rows) texts.push_back(dump(sync_log_json(row)));
  return json_text_answer(200, page_text(texts, next));
}

void answer_logs(Services& services, const http::Request& request, http::Respond respond) {
  Parameters parameters(request.query.parameters(),
                        {"status", "voucher_id", "subscription_id", "event_id", "target_system",
                         "error", "since", "until"});
  relay::DeliveryFilter filter = read_filter(parameters, services.clock.wall());
  const auto after = read_place(parameters);
  const std::int64_t limit = parameters.limit();
  const std::string status = parameters.text("status");
  if (status == "success")
    filter.status = relay::DeliveryStatus::delivered;
  else if (status == "failed")
    filter.failed = true;
  else if (status == "pending")
    filter.unfinished = true;
  else if (!status.empty())
    parameters.fault("status",
                     {"is one of pending, success, failed", "只能是 pending、success、failed"});
  if (auto fault = parameters.take_fault()) return respond(std::move(*fault));
  services.read(
      [=](sql::Connection& connection) { return list_logs(connection, filter, after, limit); },
      std::move(respond));
}

ordered_json milliseconds_json(microseconds span) {
  return static_cast<double>(span.count()) / 1000;
}

ordered_json stats_json(const relay::SyncStats& stats, WallTime now) {
  const auto age = [now](const std::optional<WallTime>& since) -> ordered_json {
    if (!since) return nullptr;
    return static_cast<double>((now - *since).count()) / 1e6;
  };
  const bool measured = stats.delivered_1h > 0;
  ordered_json json{
      {"at", stamp(now)},
      {"success_rate_24h", or_null(stats.success_rate())},
      {"delivered_24h", stats.delivered_24h},
      {"failed_24h", stats.failed_24h},
      {"delivered_1h", stats.delivered_1h},
      {"latency_mean_ms_1h", measured ? milliseconds_json(stats.latency_mean) : nullptr},
      {"latency_p99_ms_1h", measured ? milliseconds_json(stats.latency_p99) : nullptr},
      {"backlog", stats.backlog},
      {"waiting_for_batch", stats.waiting_for_batch},
      {"retrying", stats.retrying},
      {"parked", stats.parked},
      {"oldest_undelivered_seconds", age(stats.oldest_undelivered())},
      {"failures", ordered_json::object()},
      {"endpoints", ordered_json::array()}};
  for (const auto& [code, retrying, parked] : stats.failures)
    json["failures"][code] = retrying + parked;
  for (const relay::EndpointBacklog& endpoint : stats.endpoints)
    json["endpoints"].push_back({{"subscription_id", endpoint.subscription_id},
                                 {"name", endpoint.name},
                                 {"state", endpoint.state},
                                 {"backlog", endpoint.unfinished},
                                 {"waiting_for_batch", endpoint.waiting},
                                 {"oldest_undelivered_seconds", age(endpoint.oldest)}});
  return json;
}

void answer_stats(Services& services, const http::Request&, http::Respond respond) {
  const WallTime now = services.clock.wall();
  services.read(
      [now](sql::Connection& connection) -> Result<http::Response> {
        const auto stats = relay::sync_stats(connection, now);
        if (!stats) return fail(stats.error());
        return json_answer(200, stats_json(*stats, now));
      },
      std::move(respond));
}

}  // namespace

void add_sync_routes(Gate& gate, Services& services) {
  ServiceRoutes routes(gate, services);
  routes.add("GET", "/api/v1/sync-logs", answer_logs);
  routes.add("GET", "/api/v1/sync/stats", answer_stats);
}

}  // namespace tidemark::api
