#include "relay/receive/hub_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_object.h"
#include "base/parse_integer.h"
#include "http/query_encoding.h"

namespace tidemark::receive {
namespace {

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

/// The answer to a question. Errors name what was asked.
Result<std::string> asked(relay::HubClient& hub, const std::string& path) {
  Result<std::string> answer = hub.get_text(path);
  if (!answer) return fail(std::move(answer).error().within({"{}", "{}"}, path));
  return answer;
}

}  // namespace

Result<EventsPage> events_after(relay::HubClient& hub, std::string_view subscription_id,
                                std::int64_t after, std::int64_t limit) {
  const std::string path = fmt::format("/api/v1/subscriptions/{}/events?after={}&limit={}",
                                       http::query_encoded(subscription_id), after, limit);
  const Result<std::string> answer = asked(hub, path);
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

Result<std::optional<ReceivedEvent>> latest_event(relay::HubClient& hub,
                                                  std::string_view source_system,
                                                  std::string_view source_type,
                                                  std::string_view source_id) {
  const std::string path =
      fmt::format("/api/v1/vouchers?source_system={}&source_type={}&source_id={}",
                  http::query_encoded(source_system), http::query_encoded(source_type),
                  http::query_encoded(source_id));
  const Result<std::string> answer = asked(hub, path);
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

}  // namespace tidemark::receive
