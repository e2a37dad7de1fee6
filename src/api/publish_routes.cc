#include <fmt/format.h>

#include <algorithm>

#include "api/published_json.h"
#include "api/services.h"
#include "base/json_check.h"
#include "base/json_object.h"

namespace tidemark::api {
namespace {

using relay::Published;
using relay::PublishRequest;

constexpr std::size_t batch_bytes_max = std::size_t{16} << 20;
constexpr std::size_t batch_vouchers_max = 1000;
/// Behind a token's id it fits into the key column.
constexpr std::size_t idempotency_key_bytes_max = 128;

/// The request's Idempotency-Key, made unique by the caller's token; empty without one.
/// Errors: rejected.
Result<std::string> idempotency_key(const Caller& caller, const http::Request& request) {
  const auto key = request.header("Idempotency-Key");
  if (!key) return std::string();
  // Bytes that are no UTF-8 would be refused by the database only, with all that is published
  // beside them.
  const bool visible = std::ranges::all_of(*key, [](char c) { return c >= '!' && c <= '~'; });
  if (request.headers.count("Idempotency-Key") > 1 || key->empty() ||
      key->size() > idempotency_key_bytes_max || !visible)
    return fail(ErrorKind::rejected,
                {"Idempotency-Key must stand once, with 1 to {} visible ASCII characters",
                 "Idempotency-Key 只能出现一次，由 1 到 {} 个可见 ASCII 字符组成"},
                idempotency_key_bytes_max);
  return fmt::format("{}:{}", caller.token_id, *key);
}

using Parse = Result<relay::Publication> (*)(std::string_view);

void publish_one(Services& services, Parse parse, const Caller& caller,
                 const http::Request& request, http::Respond respond) {
  Result<std::string> key = idempotency_key(caller, request);
  if (!key) return respond(problem_for(key.error()));
  Result<relay::Publication> publication = parse(request.body);
  if (!publication) return respond(problem_for(publication.error()));
  PublishRequest publish{.publication = std::move(*publication)};
  if (!key->empty()) {
    publish.idempotency_key = std::move(*key);
    publish.request_hash = token_hash(fmt::format("{}\n{}", request.pattern, request.body));
  }
  services.hub.publish(std::move(publish),
                       [respond = std::move(respond)](const Result<Published>& published) mutable {
                         respond(published_answer(published));
                       });
}

/// The texts of the vouchers in `{"vouchers":[…]}`. Errors: rejected.
Result<std::vector<std::string_view>> split_batch(std::string_view body) {
  if (const auto fault = check_json(body))
    return fail(ErrorKind::rejected, {"no JSON: {} at byte {}", "不是合法 JSON：第 {1} 字节 {0}"},
                fault->reason, fault->position);
  const auto members = json_members(body);
  if (!members || members->size() != 1 || members->front().name != "vouchers")
    return fail(ErrorKind::rejected,
                {"must be an object with one member: vouchers", "必须是仅含 vouchers 的对象"});
  auto vouchers = json_elements(members->front().value);
  if (!vouchers || vouchers->empty() || vouchers->size() > batch_vouchers_max)
    return fail(ErrorKind::rejected,
                {"vouchers: must be a list of 1 to {}", "vouchers: 必须是 1 到 {} 项的数组"},
                batch_vouchers_max);
  return std::move(*vouchers);
}

/// One voucher's part of the answer to a batch.
std::string batch_result(const Result<Published>& published) {
  if (!published) return std::string(problem_for(published.error()).content());
  return fmt::format(R"({{"status":202,{}}})", published_members(*published));
}

/// Puts the answers of the hub to their places between those that were refused before.
struct Batch {
  std::vector<std::string> results;
  std::vector<std::size_t> places;  ///< Of what the hub was asked.

  http::Response answer(const std::vector<Result<Published>>& published) {
    bool all = places.size() == results.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
      results[places[i]] = batch_result(published[i]);
      all = all && published[i].has_value();
    }
    return json_text_answer(all ? 202 : 207,
                            fmt::format(R"({{"results":[{}]}})", fmt::join(results, ",")));
  }
};

void publish_batch(Services& services, const Caller& caller, const http::Request& request,
                   http::Respond respond) {
  const Result<std::string> key = idempotency_key(caller, request);
  if (!key) return respond(problem_for(key.error()));
  const auto vouchers = split_batch(request.body);
  if (!vouchers) return respond(problem_for(vouchers.error()));
  Batch batch;
  std::vector<PublishRequest> requests;
  for (const std::string_view voucher : *vouchers) {
    Result<relay::Publication> publication = relay::parse_voucher(voucher);
    const std::size_t place = batch.results.size();
    if (!publication) {
      batch.results.push_back(batch_result(fail(std::move(publication).error())));
      continue;
    }
    batch.results.emplace_back();
    batch.places.push_back(place);
    PublishRequest publish{.publication = std::move(*publication)};
    if (!key->empty()) {
      publish.idempotency_key = fmt::format("{}/{}", *key, place);
      publish.request_hash = token_hash(voucher);
    }
    requests.push_back(std::move(publish));
  }
  services.hub.publish_all(std::move(requests),
                           [batch = std::move(batch), respond = std::move(respond)](
                               const std::vector<Result<Published>>& published) mutable {
                             respond(batch.answer(published));
                           });
}

}  // namespace

void add_publish_routes(Gate& gate, Services& services) {
  const http::RouteOptions json{.media_types = {"application/json"}};
  http::RouteOptions large = json;
  large.body_bytes_max = batch_bytes_max;
  gate.add(
      "POST", "/api/v1/vouchers",
      [&services](const Caller& caller, const http::Request& request, http::Respond respond) {
        publish_one(services, relay::parse_voucher, caller, request, std::move(respond));
      },
      json);
  gate.add(
      "POST", "/api/v1/events",
      [&services](const Caller& caller, const http::Request& request, http::Respond respond) {
        publish_one(services, relay::parse_event, caller, request, std::move(respond));
      },
      json);
  gate.add(
      "POST", "/api/v1/vouchers/batch",
      [&services](const Caller& caller, const http::Request& request, http::Respond respond) {
        publish_batch(services, caller, request, std::move(respond));
      },
      large);
}

}  // namespace tidemark::api
