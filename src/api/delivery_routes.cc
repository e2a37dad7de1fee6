#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/delivery_filter.h"
#include "api/delivery_json.h"
#include "api/page.h"
#include "api/services.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;
using relay::DeliveryKey;
using relay::DeliveryStatus;
using relay::ListedDelivery;

/// One request repairs so many at most; the rest is told.
constexpr std::int64_t retry_max = 1000;

Error no_delivery(const std::string& id) {
  return make_error(ErrorKind::not_found, {"there is no delivery {}", "没有投递 {}"}, id)
      .with_hint({"`tidemark deliveries list` lists them", "列表见 `tidemark deliveries list`"});
}

/// What is under way, which no database knows: all of it, since it is little.
Result<std::vector<ListedDelivery>> list_delivering(sql::Connection& connection,
                                                    const relay::DeliveryFilter& filter,
                                                    const std::set<DeliveryKey>& delivering) {
  auto found = relay::find_deliveries(connection, {delivering.begin(), delivering.end()});
  if (!found) return found;
  std::erase_if(*found, [&filter](const ListedDelivery& listed) {
    const relay::Delivery& delivery = listed.delivery;
    const auto differs = [](const std::string& wanted, const std::string& value) {
      return !wanted.empty() && wanted != value;
    };
    return (filter.voucher_id && filter.voucher_id != delivery.voucher_id) ||
           differs(filter.subscription_id, delivery.key.subscription_id) ||
           differs(filter.event_id, delivery.event_id) ||
           differs(filter.target_system, listed.target_system) ||
           differs(filter.error, delivery.last_error);
  });
  std::ranges::sort(*found, std::ranges::greater{}, [](const ListedDelivery& listed) {
    return std::pair(listed.delivery.event_id, listed.delivery.key);
  });
  return found;
}

struct ListRequest {
  relay::DeliveryFilter filter;
  std::optional<relay::DeliveryPlace> after;
  std::int64_t limit = page_limit;
};

Result<http::Response> list(sql::Connection& connection, const ListRequest& request,
                            const std::set<DeliveryKey>& delivering) {
  const bool only_delivering = request.filter.status == DeliveryStatus::delivering;
  auto rows = only_delivering ? list_delivering(connection, request.filter, delivering)
                              : relay::list_deliveries(connection, request.filter, request.after,
                                                       request.limit + 1);
  if (!rows) return fail(std::move(rows));
  std::optional<std::string> next;
  const bool more = cut_page(*rows, request.limit);
  if (more && !only_delivering) next = place_after(rows->back().delivery);
  std::vector<std::string> texts;
  for (ListedDelivery& row : *rows) {
    overlay(row, delivering);
    // What began to be sent since is in the list of those.
    if (request.filter.status && row.delivery.status != *request.filter.status) continue;
    texts.push_back(dump(delivery_json(row)));
  }
  return json_text_answer(200, page_text(texts, next));
}

void answer_list(Services& services, const http::Request& request, http::Respond respond) {
  Parameters parameters(request.query.parameters(),
                        {"status", "voucher_id", "subscription_id", "event_id", "target_system",
                         "error", "since", "until"});
  ListRequest list_request{.filter = read_filter(parameters, services.clock.wall()),
                           .after = read_place(parameters),
                           .limit = parameters.limit()};
  if (const std::string status = parameters.text("status"); !status.empty()) {
    list_request.filter.status = relay::parse_delivery_status(status);
    if (!list_request.filter.status)
      parameters.fault(
          "status", {"is one of pending, delivering, retrying, delivered, parked, held, "
                     "cancelled",
                     "只能是 pending、delivering、retrying、delivered、parked、held、cancelled"});
  }
  if (auto fault = parameters.take_fault()) return respond(std::move(*fault));
  services.read(
      [&services, list_request = std::move(list_request)](sql::Connection& connection) {
        return list(connection, list_request, under_way(services.hub));
      },
      std::move(respond));
}

Result<http::Response> one(sql::Connection& connection, const DeliveryKey& key,
                           const std::set<DeliveryKey>& delivering) {
  auto found = relay::find_deliveries(connection, {key});
  if (!found) return fail(std::move(found));
  if (found->empty()) return fail(no_delivery(key.text()));
  overlay(found->front(), delivering);
  const auto attempts = relay::attempts_of(connection, key);
  if (!attempts) return fail(attempts.error());
  const auto event = relay::find_event(connection, found->front().delivery.event_id);
  if (!event) return fail(event.error());
  ordered_json json = delivery_json(found->front());
  json["attempt_log"] = ordered_json::array();
  for (const relay::AttemptRecord& attempt : *attempts)
    json["attempt_log"].push_back(attempt_json(attempt));
  if (*event) json["body"] = *(*event)->body;
  return json_answer(200, json);
}

/// For the routes of one delivery: its key, or the answer 404.
std::optional<DeliveryKey> key_of(const http::Request& request, http::Respond& respond) {
  auto key = DeliveryKey::parse(request.capture("id"));
  if (!key) respond(problem_for(no_delivery(request.capture("id"))));
  return key;
}

using Repair = Result<bool> (relay::Engine::*)(const DeliveryKey&);

void repair(Services& services, const http::Request& request, Repair what, http::Respond respond) {
  const auto key = key_of(request, respond);
  if (!key) return;
  services.change(
      [key = *key, what](relay::Engine& engine) -> Result<http::Response> {
        const Result<bool> done = (engine.*what)(key);
        if (!done) return fail(done.error());
        if (!*done) return fail(no_delivery(key.text()));
        return json_answer(202, {{"id", key.text()}});
      },
      std::move(respond));
}

/// Retries what the filter found, as far as it still has that status. `next`: where the rest
/// begins, if there is more.
void retry_found(Services& services, const std::vector<DeliveryKey>& keys, DeliveryStatus status,
                 const std::optional<std::string>& next, http::Respond respond) {
  services.change(
      [keys, status, next](relay::Engine& engine) -> Result<http::Response> {
        std::int64_t retried = 0;
        for (const DeliveryKey& key : keys) {
          const Result<bool> done = engine.retry_if(key, status);
          if (!done) return fail(done.error());
          if (*done) ++retried;
        }
        return json_answer(
            202,
            {{"retried", retried}, {"has_more", next.has_value()}, {"next_cursor", or_null(next)}});
      },
      std::move(respond));
}

/// The filter stands in the body, with the names of the list's parameters.
Result<Parameters::Pairs> filter_of_body(const std::string& body) {
  const auto json = ordered_json::parse(body.empty() ? "{}" : body, nullptr, false);
  if (!json.is_object())
    return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  Parameters::Pairs pairs;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string() && !value.is_number_integer())
      return fail(ErrorKind::rejected, {"{}: must be a text or a number", "{}: 必须是文本或数字"},
                  name);
    pairs.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return pairs;
}

void retry_by_filter(Services& services, const http::Request& request, http::Respond respond) {
  Result<Parameters::Pairs> given = filter_of_body(request.body);
  if (!given) return respond(problem_for(given.error()));
  Parameters parameters(std::move(*given), {"status", "voucher_id", "subscription_id", "event_id",
                                            "target_system", "error", "since", "until"});
  relay::DeliveryFilter filter = read_filter(parameters, services.clock.wall());
  const std::optional<relay::DeliveryPlace> after = read_place(parameters);
  const std::int64_t limit = parameters.limit(retry_max, retry_max);
  const std::string status = parameters.text("status");
  filter.status = status.empty() ? DeliveryStatus::parked : relay::parse_delivery_status(status);
  if (filter.status != DeliveryStatus::parked && filter.status != DeliveryStatus::retrying &&
      filter.status != DeliveryStatus::cancelled)
    parameters.fault(
        "status", {"is one of parked, retrying, cancelled", "只能是 parked、retrying、cancelled"});
  if (auto fault = parameters.take_fault()) return respond(std::move(*fault));
  services.reads.ask<std::vector<ListedDelivery>>(
      [filter, after, limit](sql::Connection& connection) {
        return relay::list_deliveries(connection, filter, after, limit + 1);
      },
      [&services, limit, status = *filter.status,
       respond = std::move(respond)](Result<std::vector<ListedDelivery>> found) mutable {
        if (!found) return respond(problem_for(found.error()));
        std::optional<std::string> next;
        if (cut_page(*found, limit)) next = place_after(found->back().delivery);
        std::vector<DeliveryKey> keys;
        for (const ListedDelivery& listed : *found) keys.push_back(listed.delivery.key);
        retry_found(services, keys, status, next, std::move(respond));
      });
}

}  // namespace

void add_delivery_routes(Gate& gate, Services& services) {
  ServiceRoutes routes(gate, services);
  routes.add("GET", "/api/v1/deliveries", answer_list);
  routes.add("GET", "/api/v1/deliveries/{id}",
             [](Services& all, const http::Request& request, http::Respond respond) {
               const auto key = key_of(request, respond);
               if (!key) return;
               all.read(
                   [&all, key = *key](sql::Connection& connection) {
                     return one(connection, key, under_way(all.hub));
                   },
                   std::move(respond));
             });
  routes.add("POST", "/api/v1/deliveries/retry", retry_by_filter,
             {.media_types = {"application/json"}});
  routes.add("POST", "/api/v1/deliveries/{id}/retry",
             [](Services& all, const http::Request& request, http::Respond respond) {
               repair(all, request, &relay::Engine::retry, std::move(respond));
             });
  routes.add("POST", "/api/v1/deliveries/{id}/cancel",
             [](Services& all, const http::Request& request, http::Respond respond) {
               repair(all, request, &relay::Engine::cancel, std::move(respond));
             });
}

}  // namespace tidemark::api
