#include "relay/batch.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json_check.h"
#include "base/json_object.h"
#include "base/parse_integer.h"

namespace tidemark::relay {
namespace {

/// A receiver that names more has lost count.
constexpr std::size_t results_max = 1000;

/// Of `{"id":"msg_…","sequence":…,"payload":…},` all but the body.
constexpr std::size_t envelope_bytes = 100;

/// 0, 422; also "422" and 422.0, as some languages write them.
std::optional<std::int64_t> code_of(std::string_view value) {
  const std::optional<std::string> quoted = json_text(value);
  std::string_view digits = quoted ? std::string_view(*quoted) : value;
  if (const std::size_t point = digits.find('.');
      point != std::string_view::npos && point + 1 < digits.size() &&
      digits.find_first_not_of('0', point + 1) == std::string_view::npos)
    digits = digits.substr(0, point);
  return parse_integer(digits);
}

}  // namespace

std::size_t batch_bytes(const DueDelivery& delivery) {
  return delivery.event->body->size() + envelope_bytes;
}

std::string batch_body(std::span<const DueDelivery> deliveries) {
  std::string body = "{\"events\":[";
  for (const DueDelivery& delivery : deliveries)
    fmt::format_to(std::back_inserter(body), R"({}{{"id":"{}","sequence":{},"payload":{}}})",
                   body.back() == '[' ? "" : ",", delivery.event->id, delivery.sequence,
                   *delivery.event->body);
  return body + "]}";
}

BatchAnswer read_batch_answer(std::string_view answer) {
  BatchAnswer read;
  if (check_json(answer)) return read;
  const auto members = json_members(answer);
  if (!members) return read;
  for (const JsonMember& member : *members) {
    if (member.name != "results") continue;
    const auto results = json_elements(member.value);
    if (!results) return read;
    if (results->size() > results_max) return {.too_many = true};
    for (const std::string_view result : *results) {
      const auto fields = json_members(result);
      if (!fields) continue;
      std::optional<std::string> id;
      EventAnswer event;
      for (const JsonMember& field : *fields) {
        if (field.name == "id") id = json_text(field.value);
        if (field.name == "code") event.code = code_of(field.value);
        if (field.name == "message") event.message = json_text(field.value).value_or("");
      }
      if (!id) continue;
      if (!event.code) event.message = std::string(result);
      read.events[*id] = std::move(event);
    }
  }
  return read;
}

}  // namespace tidemark::relay
