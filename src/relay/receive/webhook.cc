#include "relay/receive/webhook.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "base/parse_integer.h"
#include "relay/receive/answer.h"

namespace tidemark::receive {
namespace {

constexpr std::size_t subscription_bytes_max = 64;

std::optional<std::int64_t> sequence_of(std::string_view text) {
  const auto number = parse_integer(text);
  return number && *number >= 1 ? number : std::nullopt;
}

}  // namespace

/// What a request brought.
struct Webhook::Reading {
  bool batch = false;
  std::vector<Arrival> arrivals;
  std::vector<ItemAnswer> items;   ///< Of a batch, in its order.
  std::optional<Error> refused{};  ///< The request as a whole cannot be read.
};

http::ReceivedSignature received_signature(const http::Headers& headers) {
  return {.webhook_id = headers.find("webhook-id"),
          .webhook_timestamp = headers.find("webhook-timestamp"),
          .webhook_signature = headers.find("webhook-signature"),
          .x_signature = headers.find("x-signature"),
          .x_timestamp = headers.find("x-timestamp")};
}

std::optional<Place> parse_place(std::string_view delivery) {
  const std::size_t dash = delivery.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash > subscription_bytes_max)
    return std::nullopt;
  const std::string_view subscription = delivery.substr(0, dash);
  const auto sequence = sequence_of(delivery.substr(dash + 1));
  if (!sequence || !is_event_id(subscription)) return std::nullopt;
  return Place{.subscription_id = std::string(subscription), .sequence = *sequence};
}

Webhook::Reading Webhook::read_events(const http::Request& request,
                                      http::SignatureStyle style) const {
  Reading reading;
  std::optional<Place> place = parse_place(request.header("x-tidemark-delivery").value_or(""));
  if (!place && !options_.subscription.empty())
    if (const auto number = sequence_of(request.header("x-tidemark-sequence").value_or("")))
      place = Place{.subscription_id = options_.subscription, .sequence = *number};
  if (place && !options_.subscription.empty() && place->subscription_id != options_.subscription)
    place.reset();

  auto batch = parse_batch(request.body);
  if (!batch) {
    reading.refused = std::move(batch).error();
    return reading;
  }
  if (!*batch) {
    std::string id = style == http::SignatureStyle::standard
                         ? std::string(request.header("webhook-id").value_or(""))
                         : name_of_signed_body(request.body, style);
    Result<ReceivedEvent> event =
        is_event_id(id) ? parse_event(std::move(id), request.body)
                        : fail(ErrorKind::rejected, {"webhook-id must be letters, digits, _ and -",
                                                     "webhook-id 只能含字母、数字、_ 和 -"});
    if (event)
      reading.arrivals.push_back({.event = std::move(*event), .place = std::move(place)});
    else
      reading.refused = std::move(event).error();
    return reading;
  }
  reading.batch = true;
  for (BatchItem& item : **batch) {
    Result<ReceivedEvent> event = parse_event(item.id, item.payload);
    if (!event) {
      reading.items.push_back(
          {.id = std::move(item.id), .code = 400, .message = event.error().what.en});
      continue;
    }
    std::optional<Place> own;
    if (place && item.sequence)
      own = Place{.subscription_id = place->subscription_id, .sequence = *item.sequence};
    reading.arrivals.push_back({.event = std::move(*event), .place = std::move(own)});
    reading.items.push_back({.id = std::move(item.id)});
  }
  return reading;
}

void Webhook::note_refusal(std::string_view id, const Error& error) {
  ++refused_;
  log_line(LogLevel::error, say({"event {} refused: {}", "事件 {} 被拒绝：{}"}, printable(id),
                                error.what.in(options_.language))
                                .in(options_.language));
}

void Webhook::handle(http::Request request, http::Respond respond) {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall());
  const auto style = http::verify_signature(received_signature(request.headers), request.body,
                                            options_.secrets, now, options_.policy);
  if (!style) {
    ++unauthorized_;
    log_line(LogLevel::warning,
             say({"request from {} refused: signature {}", "拒绝来自 {} 的请求：签名 {}"},
                 request.peer, http::name(style.error()))
                 .in(options_.language));
    respond(failure_answer(401, fmt::format("signature refused: {}", http::name(style.error()))));
    return;
  }
  ++accepted_;
  Reading reading = read_events(request, *style);
  if (reading.refused) {
    note_refusal(request.header("webhook-id").value_or("-"), *reading.refused);
    respond(failure_answer(400, reading.refused->what.en));
    return;
  }
  names_.delivered(*style, reading.batch);
  for (const ItemAnswer& item : reading.items)
    if (item.code != 0)
      note_refusal(item.id, Error{ErrorKind::rejected, Message{item.message, item.message}});
  if (reading.arrivals.empty()) {
    respond(batch_answer(reading.items));
    return;
  }
  // A submission that is not taken comes back, and with it the way to answer.
  Submission submission{.arrivals = std::move(reading.arrivals),
                        .done = [respond = std::move(respond), batch = reading.batch,
                                 items = std::move(reading.items), language = options_.language](
                                    Result<std::vector<Taken>> taken) mutable {
                          if (taken) {
                            respond(batch ? batch_answer(items) : success_answer());
                            return;
                          }
                          log_line(LogLevel::error, say({"cannot store: {}", "无法保存：{}"},
                                                        taken.error().what.in(language))
                                                        .in(language));
                          respond(failure_answer(500, "the event could not be stored"));
                        }};
  if (!committer_.submit(submission))
    submission.done(fail(ErrorKind::timeout, {"too much is waiting", "等待处理的事件过多"}));
}

WebhookCounters Webhook::counters() const {
  return {.accepted = accepted_, .unauthorized = unauthorized_, .refused = refused_};
}

}  // namespace tidemark::receive
