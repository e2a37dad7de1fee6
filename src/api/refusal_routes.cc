#include "api/refusal_routes.h"

#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/parameters.h"
#include "api/published_json.h"
#include "api/stamp.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "relay/stream/entry.h"
#include "relay/stream/kept_refusal.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;
using relay::KeptRefusal;
using relay::Published;
using relay::PublishRequest;
using relay::RefusalKey;

Error no_refusal(const std::string& id) {
  return make_error(ErrorKind::not_found, {"there is no refused entry {}", "没有被拒绝的条目 {}"},
                    id);
}

ordered_json refusal_json(const KeptRefusal& refusal) {
  return {{"id", refusal.key.text()},
          {"stream", refusal.key.stream},
          {"entry_id", refusal.key.entry_id},
          {"reason", refusal.reason},
          {"refused_at", stamp(refusal.refused_at)}};
}

struct ListRequest {
  relay::RefusalFilter filter;
  std::optional<RefusalKey> after;
  std::int64_t limit = page_limit;
};

Result<http::Response> list(sql::Connection& connection, const ListRequest& request) {
  auto rows = relay::list_refusals(connection, request.filter, request.after, request.limit + 1);
  if (!rows) return fail(std::move(rows));
  std::optional<std::string> next;
  if (cut_page(*rows, request.limit))
    next = make_cursor({rows->back().key.stream, rows->back().key.entry_id});
  std::vector<std::string> texts;
  for (const KeptRefusal& row : *rows) texts.push_back(dump(refusal_json(row)));
  return json_text_answer(200, page_text(texts, next));
}

void answer_list(Services& services, const http::Request& request, http::Respond respond) {
  Parameters parameters(request.query.parameters(), {"stream", "since", "until"});
  const WallTime now = services.clock.wall();
  ListRequest list_request{.filter = {.stream = parameters.text("stream"),
                                      .since = parameters.time("since", now),
                                      .before = parameters.time("until", now)},
                           .after = std::nullopt,
                           .limit = parameters.limit()};
  if (auto parts = parameters.cursor(2); !parts.empty())
    list_request.after = RefusalKey{.stream = std::move(parts[0]), .entry_id = std::move(parts[1])};
  if (auto fault = parameters.take_fault()) return respond(std::move(*fault));
  services.read([list_request = std::move(list_request)](
                    sql::Connection& connection) { return list(connection, list_request); },
                std::move(respond));
}

/// The entry that the path names. Without one the request is answered.
std::optional<RefusalKey> key_of(const http::Request& request, http::Respond& respond) {
  const std::string id = request.capture("id");
  auto key = RefusalKey::parse(id);
  if (!key) respond(problem_for(no_refusal(id)));
  return key;
}

/// Errors: not_found.
Result<KeptRefusal> existing(sql::Connection& connection, const RefusalKey& key) {
  auto found = relay::find_refusal(connection, key);
  if (!found) return fail(std::move(found));
  if (!*found) return fail(no_refusal(key.text()));
  return std::move(**found);
}

Result<http::Response> show(sql::Connection& connection, const RefusalKey& key) {
  const Result<KeptRefusal> refusal = existing(connection, key);
  if (!refusal) return fail(refusal.error());
  ordered_json json = refusal_json(*refusal);
  json["complete"] = relay::entry_of(*refusal).has_value();
  // Somebody may have spoilt the row by hand.
  const bool readable = !check_json(refusal->fields);
  return json_text_answer(200, with_member(json, "fields", readable ? refusal->fields : "{}"));
}

/// What publishes the entry as it was kept. Its key is the one that the stream's intake uses:
/// should the entry be read once more, it is known. Errors: rejected.
Result<PublishRequest> as_kept(const KeptRefusal& refusal, std::size_t bytes_max) {
  const auto entry = relay::entry_of(refusal);
  if (!entry)
    return fail(ErrorKind::rejected,
                {"the entry was not kept to the byte (it held bytes that are no text, or more than "
                 "1 MiB): send it mended as the body",
                 "条目未能逐字节保存（含非文本字节或超过 1 MiB）：请在请求体中提供修正后的内容"});
  Result<relay::Publication> publication = relay::parse_entry(*entry, bytes_max);
  if (!publication) return fail(std::move(publication));
  const std::string key = relay::entry_key(refusal.key.stream, *entry);
  return PublishRequest{.publication = std::move(*publication),
                        .idempotency_key = key,
                        .request_hash = key.substr(key.find(':') + 1)};
}

/// What publishes `body` in the entry's place: an object with `event` is an event, any other a
/// voucher. Errors: rejected.
Result<PublishRequest> mended(const std::string& body) {
  if (const auto fault = check_json(body))
    return fail(ErrorKind::rejected, {"no JSON: {} at byte {}", "不是合法 JSON：第 {1} 字节 {0}"},
                fault->reason, fault->position);
  auto publication =
      json_value_of(body, "event") ? relay::parse_event(body) : relay::parse_voucher(body);
  if (!publication) return fail(std::move(publication));
  return PublishRequest{.publication = std::move(*publication)};
}

/// Forgets what was published. A crash before it leaves a row that can be published again, which
/// gives the same answer.
void forget_published(Services& services, const RefusalKey& key, const Published& published,
                      http::Respond respond) {
  services.change(
      [key, published](relay::Engine& engine) -> Result<http::Response> {
        const auto gone = relay::forget_refusal(engine.store().connection(), key);
        if (!gone) return fail(gone.error());
        return published_answer(published);
      },
      std::move(respond));
}

void publish(Services& services, std::size_t bytes_max, const http::Request& request,
             http::Respond respond) {
  const auto key = key_of(request, respond);
  if (!key) return;
  services.reads.ask<PublishRequest>(
      [key = *key, body = request.body,
       bytes_max](sql::Connection& connection) -> Result<PublishRequest> {
        const Result<KeptRefusal> refusal = existing(connection, key);
        if (!refusal) return fail(refusal.error());
        return body.empty() ? as_kept(*refusal, bytes_max) : mended(body);
      },
      [&services, key = *key,
       respond = std::move(respond)](Result<PublishRequest> prepared) mutable {
        if (!prepared) return respond(problem_for(prepared.error()));
        services.hub.publish(std::move(*prepared),
                             [&services, key = std::move(key), respond = std::move(respond)](
                                 const Result<Published>& published) mutable {
                               if (!published) return respond(problem_for(published.error()));
                               forget_published(services, key, *published, std::move(respond));
                             });
      });
}

void forget(Services& services, const http::Request& request, http::Respond respond) {
  const auto key = key_of(request, respond);
  if (!key) return;
  services.change(
      [key = *key](relay::Engine& engine) -> Result<http::Response> {
        const auto gone = relay::forget_refusal(engine.store().connection(), key);
        if (!gone) return fail(gone.error());
        if (!*gone) return fail(no_refusal(key.text()));
        return http::Response{.status = 204};
      },
      std::move(respond));
}

}  // namespace

void add_refusal_routes(Gate& gate, Services& services, std::size_t entry_bytes_max) {
  ServiceRoutes routes(gate, services);
  const std::string one = "/api/v1/stream-refusals/{id}";
  routes.add("GET", "/api/v1/stream-refusals", answer_list);
  routes.add("GET", one, [](Services& all, const http::Request& request, http::Respond respond) {
    const auto key = key_of(request, respond);
    if (!key) return;
    all.read([key = *key](sql::Connection& connection) { return show(connection, key); },
             std::move(respond));
  });
  routes.add("POST", one + "/publish",
             [entry_bytes_max](Services& all, const http::Request& request, http::Respond respond) {
               publish(all, entry_bytes_max, request, std::move(respond));
             },
             {.media_types = {"application/json"}});
  routes.add("DELETE", one, forget);
}

}  // namespace tidemark::api
