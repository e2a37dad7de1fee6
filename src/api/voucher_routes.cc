#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/parameters.h"
#include "api/services.h"
#include "api/stamp.h"
#include "base/json_object.h"
#include "base/parse_integer.h"
#include "relay/query.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;
using relay::Event;

/// Versions of one voucher that are listed with it.
constexpr std::int64_t versions_max = 100;

ordered_json event_head(const Event& event) {
  return {{"event_id", event.id},
          {"event_type", event.type},
          {"source_system", event.source_system},
          {"source_type", event.source_type},
          {"source_id", event.source_id},
          {"source_version", event.source_version},
          {"published_at", stamp(event.created_at)}};
}

/// A voucher as it was published: `voucher` and `data` stand as they were written, so that no
/// amount changes its form.
std::string voucher_text(const Event& event, ordered_json more = {}) {
  ordered_json head{{"voucher_id", or_null(event.voucher_id)}, {"voucher_no", event.voucher_no}};
  head.update(event_head(event));
  if (!more.is_null()) head.update(more);
  std::string text = dump(head);
  const auto members = json_members(*event.body);
  if (!members) return text;
  text.pop_back();
  for (const JsonMember& member : *members)
    if (member.name == "voucher" || member.name == "data")
      text.append(",\"").append(member.name).append("\":").append(member.value);
  return text + '}';
}

bool names_source(const relay::VoucherFilter& filter) {
  return !filter.source_system.empty() && !filter.source_type.empty() && !filter.source_id.empty();
}

Result<http::Response> list(sql::Connection& connection, const relay::VoucherFilter& filter,
                            const std::string& after, std::int64_t limit) {
  const bool lookup = names_source(filter) && after.empty();
  auto events = lookup ? relay::latest_of_source(connection, filter)
                       : relay::list_vouchers(connection, filter, after, limit + 1);
  if (!events) return fail(std::move(events));
  const bool more = !lookup && cut_page(*events, limit);
  std::vector<std::string> rows;
  rows.reserve(events->size());
  for (const Event& event : *events) rows.push_back(voucher_text(event));
  std::optional<std::string> next;
  if (more) next = make_cursor({events->back().id});
  return json_text_answer(200, page_text(rows, next));
}

void answer_list(Services& services, const http::Request& request, http::Respond respond) {
  Parameters parameters(request.query.parameters(), {"source_system", "source_type", "source_id",
                                                     "event_type", "voucher_no", "since", "until"});
  const WallTime now = services.clock.wall();
  const relay::VoucherFilter filter{.source_system = parameters.text("source_system"),
                                    .source_type = parameters.text("source_type"),
                                    .source_id = parameters.text("source_id"),
                                    .event_type = parameters.text("event_type"),
                                    .voucher_no = parameters.text("voucher_no"),
                                    .since = parameters.time("since", now),
                                    .before = parameters.time("until", now)};
  const std::int64_t limit = parameters.limit();
  const auto cursor = parameters.cursor(1);
  if (auto fault = parameters.take_fault()) return respond(std::move(*fault));
  const std::string after = cursor.empty() ? "" : cursor.front();
  services.read([=](sql::Connection& connection) { return list(connection, filter, after, limit); },
                std::move(respond));
}

Result<http::Response> one(sql::Connection& connection, std::int64_t id) {
  auto events = relay::events_of_voucher(connection, id, versions_max);
  if (!events) return fail(std::move(events));
  if (events->empty())
    return fail(ErrorKind::not_found, {"there is no voucher {}", "没有凭证 {}"}, id);
  auto versions = ordered_json::array();
  for (const Event& event : *events) versions.push_back(event_head(event));
  return json_text_answer(200, voucher_text(events->front(), {{"events", std::move(versions)}}));
}

void answer_one(Services& services, const http::Request& request, http::Respond respond) {
  const auto id = parse_integer(request.capture("id"));
  if (!id)
    return respond(problem(404, "not_found", {"a voucher's id is a number", "凭证 ID 是数字"}));
  services.read([id = *id](sql::Connection& connection) { return one(connection, id); },
                std::move(respond));
}

}  // namespace

void add_voucher_routes(Gate& gate, Services& services) {
  ServiceRoutes routes(gate, services);
  routes.add("GET", "/api/v1/vouchers", answer_list);
  routes.add("GET", "/api/v1/vouchers/{id}", answer_one);
}

}  // namespace tidemark::api
