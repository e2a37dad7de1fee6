#include "relay/receive/hub_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "base/bytes.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/parse_integer.h"
#include "http/endpoint_url.h"

namespace tidemark::receive {
namespace {

/// A page of bodies; the hub ends one at 8 MiB, and escapes may double that.
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;

http::AddressPolicy any_address() {
  Result<http::AddressPolicy> policy = http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"});
  return policy ? std::move(*policy) : http::AddressPolicy();
}

std::unexpected<Error> corrupt_answer(std::string_view path) {
  return fail(ErrorKind::corrupt,
              {"the hub's answer to {} cannot be read", "无法读取中台对 {} 的应答"}, path);
}

std::optional<std::int64_t> number_of(std::optional<std::string_view> text) {
  const auto number = parse_integer(text.value_or(""));
  return number && *number >= 0 ? number : std::nullopt;
}

/// The value of a member of an object; nullopt if it is not there.
std::optional<std::string_view> member(std::string_view object, std::string_view name) {
  const auto members = json_members(object);
  if (!members) return std::nullopt;
  const auto found = std::ranges::find(*members, name, &JsonMember::name);
  return found == members->end() ? std::nullopt : std::optional(found->value);
}

std::optional<PulledEvent> event_of(std::string_view text) {
  const auto sequence = number_of(member(text, "sequence"));
  const auto id = json_text(member(text, "event_id").value_or("null"));
  auto body = json_text(member(text, "body").value_or("null"));
  if (!sequence || *sequence < 1 || !id || !is_event_id(*id) || !body) return std::nullopt;
  return PulledEvent{.sequence = *sequence, .id = *id, .body = std::move(*body)};
}

ErrorKind kind_of(int status) {
  if (status == 401 || status == 403) return ErrorKind::unauthorized;
  if (status == 404) return ErrorKind::not_found;
  if (status == 408 || status == 429 || status >= 500) return ErrorKind::unreachable;
  return ErrorKind::rejected;
}

}  // namespace

std::string query_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").contains(c);
    if (plain)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

HubClient::HubClient(HubOptions options, std::unique_ptr<http::HttpClient> client)
    : options_(std::move(options)), client_(std::move(client)) {}

Result<HubClient> HubClient::create(HubOptions options) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (const auto url = http::check_endpoint_url(options.url, any_address()); !url)
    return fail(Error{url.error()}.within({"hub", "中台"}));
  auto client = http::HttpClient::create({});
  if (!client) return fail(std::move(client).error());
  return HubClient(std::move(options), std::move(*client));
}

Result<EventsPage> HubClient::events_after(std::string_view subscription_id, std::int64_t after,
                                           std::int64_t limit) {
  const std::string path = fmt::format("/api/v1/subscriptions/{}/events?after={}&limit={}",
                                       query_encoded(subscription_id), after, limit);
  const Result<std::string> answer = get(path);
  if (!answer) return fail(answer.error());
  const auto next_after = number_of(member(*answer, "next_after"));
  const auto has_more = member(*answer, "has_more");
  const auto elements = json_elements(member(*answer, "data").value_or("null"));
  if (!next_after || !has_more || !elements || *next_after < after) return corrupt_answer(path);
  EventsPage page{.events = {}, .next_after = *next_after, .has_more = *has_more == "true"};
  // A hub that has more and does not get on would be asked for ever.
  if (page.has_more && page.next_after == after) return corrupt_answer(path);
  for (const std::string_view element : *elements) {
    std::optional<PulledEvent> event = event_of(element);
    if (!event || event->sequence <= after || event->sequence > page.next_after)
      return corrupt_answer(path);
    page.events.push_back(std::move(*event));
  }
  return page;
}

Result<std::optional<ReceivedEvent>> HubClient::latest(std::string_view source_system,
                                                       std::string_view source_type,
                                                       std::string_view source_id) {
  const std::string path = fmt::format(
      "/api/v1/vouchers?source_system={}&source_type={}&source_id={}", query_encoded(source_system),
      query_encoded(source_type), query_encoded(source_id));
  const Result<std::string> answer = get(path);
  if (!answer) return fail(answer.error());
  const auto elements = json_elements(member(*answer, "data").value_or("null"));
  if (!elements) return corrupt_answer(path);
  std::optional<ReceivedEvent> latest;
  for (const std::string_view element : *elements) {
    Result<ReceivedEvent> event = event_of_record(element);
    if (!event) return fail(std::move(event).error().within({"{}", "{}"}, path));
    if (event->source_system != source_system || event->source_type != source_type ||
        event->source_id != source_id)
      return corrupt_answer(path);
    if (!latest || event->newer_than(*latest)) latest = std::move(*event);
  }
  return latest;
}

Result<std::string> HubClient::get(const std::string& path_and_query) {
  auto answered = std::make_shared<std::promise<http::ClientResponse>>();
  std::future<http::ClientResponse> future = answered->get_future();
  http::ClientRequest request{.method = "GET", .url = options_.url + path_and_query};
  request.headers.add("accept", "application/json");
  if (!options_.token.empty()) request.headers.add("authorization", "Bearer " + options_.token);
  request.total_timeout = options_.timeout;
  request.response_bytes_max = answer_bytes_max;
  request.tls = std::make_shared<http::TlsFiles>(http::TlsFiles{.ca_file = options_.ca_file});
  request.policy = std::make_shared<http::AddressPolicy>(any_address());
  client_->send(std::move(request), [answered](http::ClientResponse response) {
    answered->set_value(std::move(response));
  });
  http::ClientResponse response = future.get();  // At the latest shortly after the timeout.
  if (response.status == 0)
    return fail(ErrorKind::unreachable, {"the hub cannot be reached: {} {}", "无法连接中台：{} {}"},
                http::name(response.error), response.error_text);
  if (response.status != 200)
    return fail(kind_of(response.status),
                {"the hub answered {} with {}: {}", "中台对 {} 应答 {}：{}"}, path_and_query,
                response.status, printable(response.body));
  if (response.truncated)
    return fail(ErrorKind::unreachable,
                {"the hub's answer to {} broke off", "中台对 {} 的应答不完整"}, path_and_query);
  if (check_json(response.body)) return corrupt_answer(path_and_query);
  return std::move(response.body);
}

void HubClient::stop() { client_->stop(std::chrono::milliseconds{0}); }

}  // namespace tidemark::receive
