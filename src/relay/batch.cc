#include "relay/batch.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json_check.h"
#include "base/json_object.h"
#include "base/parse_integer.h"

namespace tidemark::relay {
namespace {

/// A receiver that names more has lost count.
constexpr std::size_t codes_max = 1000;

}  // namespace

std::string batch_body(std::span<const DueDelivery> deliveries) {
  std::string body = "{\"events\":[";
  for (const DueDelivery& delivery : deliveries)
    fmt::format_to(std::back_inserter(body), R"({}{{"id":"{}","sequence":{},"payload":{}}})",
                   body.back() == '[' ? "" : ",", delivery.event->id, delivery.sequence,
                   *delivery.event->body);
  return body + "]}";
}

std::map<std::string, std::int64_t> batch_codes(std::string_view answer) {
  std::map<std::string, std::int64_t> codes;
  if (check_json(answer)) return codes;
  const auto members = json_members(answer);
  if (!members) return codes;
  for (const JsonMember& member : *members) {
    if (member.name != "results") continue;
    const auto results = json_elements(member.value);
    if (!results || results->size() > codes_max) return codes;
    for (const std::string_view result : *results) {
      const auto fields = json_members(result);
      if (!fields) continue;
      std::optional<std::string> id;
      std::optional<std::int64_t> code;
      for (const JsonMember& field : *fields) {
        if (field.name == "id") id = json_text(field.value);
        if (field.name == "code") code = parse_integer(field.value);
      }
      if (id && code) codes[*id] = *code;
    }
  }
  return codes;
}

}  // namespace tidemark::relay
