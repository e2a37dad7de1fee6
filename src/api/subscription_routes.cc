#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/parameters.h"
#include "api/services.h"
#include "api/stamp.h"
#include "base/ulid.h"
#include "relay/new_secret.h"
#include "relay/query.h"
#include "relay/receiver_check.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;
using relay::Subscription;

constexpr std::int64_t overlap_hours_usual = 24;
constexpr std::int64_t overlap_hours_max = 30 * 24;
/// Bodies in one answer of the events' list; one event more may begin below it.
constexpr std::size_t events_bytes_max = std::size_t{8} << 20;
constexpr std::int64_t events_usual = 100;

Error no_subscription(const std::string& id) {
  return make_error(ErrorKind::not_found, {"there is no subscription {}", "没有订阅 {}"}, id)
      .with_hint(
          {"`tidemark subscriptions list` lists them", "列表见 `tidemark subscriptions list`"});
}

Result<Subscription> find(relay::Engine& engine, const std::string& id) {
  const Subscription* found = engine.subscription(id);
  if (found == nullptr) return fail(no_subscription(id));
  return *found;
}

http::Response shown(relay::Engine& engine, const std::string& id) {
  const Subscription* found = engine.subscription(id);
  if (found == nullptr) return problem_for(no_subscription(id));
  return json_text_answer(200, relay::subscription_json(*found, false));
}

/// With what its receiver last told.
Result<http::Response> show(relay::Engine& engine, const std::string& id) {
  const Subscription* found = engine.subscription(id);
  if (found == nullptr) return fail(no_subscription(id));
  auto object = ordered_json::parse(relay::subscription_json(*found, false));
  const auto last = relay::last_receiver_check(engine.store().connection(), id);
  if (!last) return fail(last.error());
  object["last_check"] = *last ? ordered_json{{"checked_at", stamp((*last)->checked_at)},
                                              {"events", (*last)->events},
                                              {"missing", (*last)->missing},
                                              {"older", (*last)->older},
                                              {"different", (*last)->different},
                                              {"cache", (*last)->cache},
                                              {"unreadable", (*last)->unreadable},
                                              {"repaired", (*last)->repaired}}
                               : ordered_json(nullptr);
  return json_answer(200, object);
}

Result<http::Response> list(relay::Engine& engine) {
  std::vector<std::string> rows;
  for (const Subscription* subscription : engine.subscriptions())
    rows.push_back(relay::subscription_json(*subscription, false));
  return json_text_answer(200, page_text(rows, std::nullopt));
}

void create(Services& services, const http::Request& request, http::Respond respond) {
  Result<Subscription> parsed = relay::parse_subscription(request.body, services.limits);
  if (!parsed) return respond(problem_for(parsed.error()));
  if (parsed->secrets.empty()) {
    Result<std::string> secret = relay::new_secret();
    if (!secret) return respond(problem_for(secret.error()));
    parsed->secrets.push_back({.text = std::move(*secret)});
  }
  services.change(
      [parsed = std::move(*parsed)](relay::Engine& engine) -> Result<http::Response> {
        Subscription made = parsed;
        made.id = "sub_" + make_ulid(engine.now(), engine.random());
        made.created_at = made.updated_at = made.state_since = engine.now();
        if (Result<void> added = engine.add(made); !added) return fail(std::move(added).error());
        http::Response response = json_text_answer(201, relay::subscription_json(made, true));
        response.headers.add("Location", "/api/v1/subscriptions/" + made.id);
        return response;
      },
      std::move(respond));
}

void patch(Services& services, const http::Request& request, http::Respond respond) {
  services.change(
      [id = request.capture("id"), body = request.body,
       limits = services.limits](relay::Engine& engine) -> Result<http::Response> {
        Result<Subscription> changed = find(engine, id);
        if (!changed) return fail(std::move(changed));
        if (Result<void> done = relay::patch_subscription(*changed, body, limits); !done)
          return fail(std::move(done).error());
        if (Result<void> done = engine.replace(std::move(*changed)); !done)
          return fail(std::move(done).error());
        return shown(engine, id);
      },
      std::move(respond));
}

struct Rotation {
  std::string secret;
  std::chrono::hours overlap{overlap_hours_usual};
};

/// `{"secret"?: "whsec_…", "overlap_hours"?: 24}`. Errors: rejected.
Result<Rotation> read_rotation(const std::string& body) {
  const auto json = ordered_json::parse(body.empty() ? "{}" : body, nullptr, false);
  if (!json.is_object())
    return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  Rotation rotation;
  for (const auto& [name, value] : json.items()) {
    if (name == "secret" && value.is_string() && !value.get<std::string>().empty()) {
      rotation.secret = value.get<std::string>();
    } else if (name == "overlap_hours" && value.is_number_integer() &&
               value.get<std::int64_t>() >= 0 && value.get<std::int64_t>() <= overlap_hours_max) {
      rotation.overlap = std::chrono::hours(value.get<std::int64_t>());
    } else {
      return fail(ErrorKind::rejected,
                  {"{}: only secret (a text) and overlap_hours (0 to {}) are known",
                   "{}: 只接受 secret（文本）和 overlap_hours（0 到 {}）"},
                  name, overlap_hours_max);
    }
  }
  if (!rotation.secret.empty()) {
    if (Result<void> checked = relay::check_secret(rotation.secret); !checked)
      return fail(std::move(checked).error());
    return rotation;
  }
  Result<std::string> made = relay::new_secret();
  if (!made) return fail(std::move(made));
  rotation.secret = std::move(*made);
  return rotation;
}

void rotate(Services& services, const http::Request& request, http::Respond respond) {
  const Result<Rotation> rotation = read_rotation(request.body);
  if (!rotation) return respond(problem_for(rotation.error()));
  services.change(
      [id = request.capture("id"),
       rotation = *rotation](relay::Engine& engine) -> Result<http::Response> {
        Result<Subscription> changed = find(engine, id);
        if (!changed) return fail(std::move(changed));
        const WallTime now = engine.now();
        const WallTime until = now + rotation.overlap;
        std::erase_if(changed->secrets, [now](const relay::Secret& secret) {
          return secret.expires_at && *secret.expires_at <= now;
        });
        for (relay::Secret& secret : changed->secrets)
          if (!secret.expires_at || *secret.expires_at > until) secret.expires_at = until;
        if (rotation.overlap.count() == 0) changed->secrets.clear();
        if (changed->secrets.size() >= relay::secrets_max)
          return fail(make_error(ErrorKind::rejected,
                                 {"overlap_hours: {} secrets sign already, and no more can",
                                  "overlap_hours: 已有 {} 个密钥同时签名，不能再增加"},
                                 changed->secrets.size())
                          .with_hint({"overlap_hours 0 ends the older ones at once",
                                      "overlap_hours 为 0 时旧密钥立即失效"}));
        changed->secrets.insert(changed->secrets.begin(), {.text = rotation.secret});
        if (Result<void> done = engine.replace(std::move(*changed)); !done)
          return fail(std::move(done).error());
        return json_answer(
            200, {{"id", id}, {"secret", rotation.secret}, {"previous_expires_at", stamp(until)}});
      },
      std::move(respond));
}

/// An event of its own, to this subscription alone.
void test(Services& services, const http::Request& request, http::Respond respond) {
  services.change(
      [id = request.capture("id")](relay::Engine& engine) -> Result<http::Response> {
        if (engine.subscription(id) == nullptr) return fail(no_subscription(id));
        const ordered_json event{{"event", "tidemark.test"},
                                 {"source_system", "tidemark"},
                                 {"source_type", "test"},
                                 {"source_id", make_ulid(engine.now(), engine.random())},
                                 {"data", {{"message", "test"}, {"subscription_id", id}}}};
        const Result<relay::Publication> publication = relay::parse_event(dump(event));
        if (!publication) return fail(publication.error());
        const Result<relay::Published> published = engine.publish_to(id, *publication);
        if (!published) return fail(published.error());
        return json_answer(
            202, {{"event_id", published->event_id}, {"deliveries", published->deliveries}});
      },
      std::move(respond));
}

/// What the receiver of the subscription found when it compared itself with this hub.
void keep_check(Services& services, const http::Request& request, http::Respond respond) {
  Result<relay::ReceiverCheck> parsed = relay::parse_receiver_check(request.body);
  if (!parsed) return respond(problem_for(parsed.error()));
  services.change(
      [id = request.capture("id"),
       parsed = std::move(*parsed)](relay::Engine& engine) -> Result<http::Response> {
        if (engine.subscription(id) == nullptr) return fail(no_subscription(id));
        relay::ReceiverCheck check = parsed;
        check.subscription_id = id;
        check.checked_at = engine.now();
        if (Result<void> kept = relay::keep_receiver_check(engine.store().connection(), check);
            !kept)
          return fail(std::move(kept).error());
        return http::Response{.status = 204};
      },
      std::move(respond));
}

Result<http::Response> events(sql::Connection& connection, const std::string& id,
                              std::int64_t after, std::int64_t limit) {
  auto found = relay::events_after(connection, id, after, limit + 1, events_bytes_max);
  if (!found) return fail(std::move(found));
  if (found->empty()) {
    // One that was deleted is known to those who pulled from it; there is nothing more for them.
    const auto known = sql::query_value(
        connection,
        after == 0 ? "SELECT 1 FROM subscriptions WHERE subscription_id = ? AND deleted_at IS NULL"
                   : "SELECT 1 FROM subscriptions WHERE subscription_id = ?",
        sql::Values{id});
    if (!known) return fail(known.error());
    if (!*known) return fail(no_subscription(id));
  }
  std::size_t bytes = 0;
  for (const relay::SequencedEvent& event : *found) bytes += event.event.body->size();
  const bool more = cut_page(*found, limit) || bytes >= events_bytes_max;
  ordered_json json{{"data", ordered_json::array()},
                    {"next_after", found->empty() ? after : found->back().sequence},
                    {"has_more", more}};
  for (const relay::SequencedEvent& event : *found)
    json["data"].push_back({{"sequence", event.sequence},
                            {"event_id", event.event.id},
                            {"event", event.event.type},
                            {"body", *event.event.body}});
  return json_answer(200, json);
}

void answer_events(Services& services, const http::Request& request, http::Respond respond) {
  Parameters parameters(request.query.parameters(), {"after"});
  const std::int64_t after =
      parameters.number("after", 0, std::numeric_limits<std::int64_t>::max()).value_or(0);
  const std::int64_t limit = parameters.limit(events_usual);
  if (auto fault = parameters.take_fault()) return respond(std::move(*fault));
  services.read([id = request.capture("id"), after, limit](
                    sql::Connection& connection) { return events(connection, id, after, limit); },
                std::move(respond));
}

}  // namespace

void add_subscription_routes(Gate& gate, Services& services) {
  const std::string all = "/api/v1/subscriptions";
  const std::string one = all + "/{id}";
  const http::RouteOptions json{.media_types = {"application/json"}};
  ServiceRoutes routes(gate, services);
  /// A change of state that needs nothing but the id, and shows the subscription.
  const auto add_change = [&](const std::string& pattern,
                              Result<void> (relay::Engine::*what)(const std::string&)) {
    routes.add(
        "POST", pattern,
        [what](Services& parts, const http::Request& request, http::Respond respond) {
          parts.change(
              [id = request.capture("id"), what](relay::Engine& engine) -> Result<http::Response> {
                if (engine.subscription(id) == nullptr) return fail(no_subscription(id));
                if (Result<void> done = (engine.*what)(id); !done)
                  return fail(std::move(done).error());
                return shown(engine, id);
              },
              std::move(respond));
        });
  };
  routes.add("GET", all, [](Services& parts, const http::Request&, http::Respond respond) {
    parts.change(list, std::move(respond));
  });
  routes.add("GET", one, [](Services& parts, const http::Request& request, http::Respond respond) {
    parts.change([id = request.capture("id")](relay::Engine& engine) { return show(engine, id); },
                 std::move(respond));
  });
  routes.add("POST", all, create, json);
  routes.add("PATCH", one, patch,
             {.media_types = {"application/json", "application/merge-patch+json"}});
  routes.add("DELETE", one,
             [](Services& parts, const http::Request& request, http::Respond respond) {
               parts.change(
                   [id = request.capture("id")](relay::Engine& engine) -> Result<http::Response> {
                     if (engine.subscription(id) == nullptr) return fail(no_subscription(id));
                     if (Result<void> done = engine.remove(id); !done)
                       return fail(std::move(done).error());
                     return http::Response{.status = 204};
                   },
                   std::move(respond));
             });
  add_change(one + "/pause", &relay::Engine::pause);
  add_change(one + "/resume", &relay::Engine::resume);
  routes.add("POST", one + "/rotate-secret", rotate, json);
  routes.add("POST", one + "/test", test);
  routes.add("POST", one + "/check", keep_check, json);
  routes.add("GET", one + "/events", answer_events);
}

}  // namespace tidemark::api
