#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json_check.h"
#include "base/json_object.h"
#include "relay/doctor/checks.h"
#include "relay/doctor/found.h"
#include "relay/replay_search.h"
#include "relay/row.h"
#include "relay/subscription_json.h"

namespace tidemark::relay {

using run::Finding;
using run::Verdict;

namespace {

/// Bodies that are read, the newest.
constexpr std::int64_t bodies_max = 100'000;
constexpr std::int64_t routing_step = 5'000;
/// Hubs that share a state may have clocks that differ by so much.
constexpr std::chrono::seconds clocks_differ_max{60};
/// Sent by `tidemark subscriptions test` to one subscription alone.
constexpr std::string_view test_event = "tidemark.test";

/// Does a stored body tell of its own row?
bool fits(std::string_view body, std::string_view type, std::string_view version,
          std::optional<std::string_view> voucher_id) {
  if (check_json(body)) return false;
  const auto members = json_members(body);
  if (!members) return false;
  bool has_type = false;
  bool has_version = false;
  bool has_voucher = !voucher_id;
  for (const JsonMember& member : *members) {
    if (member.name == "event") has_type = json_text(member.value) == type;
    if (member.name == "source_version") has_version = member.value == version;
    if (member.name == "voucher_id") has_voucher = member.value == voucher_id;
  }
  return has_type && has_version && has_voucher;
}

/// What routing needs to know of the subscriptions that are there.
Result<std::vector<Subscription>> routed_subscriptions(sql::Connection& connection) {
  auto cursor = connection.query(
      "SELECT subscription_id, target_system, event_types, settings, created_at, updated_at FROM "
      "subscriptions WHERE deleted_at IS NULL ORDER BY subscription_id");
  if (!cursor) return fail(std::move(cursor));
  std::vector<Subscription> subscriptions;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return subscriptions;
    Result<SubscriptionSettings> settings = parse_settings(text_at(**cursor, 3));
    if (!settings) return fail(std::move(settings));
    Subscription subscription{.id = text_at(**cursor, 0),
                              .name = {},
                              .target_system = text_at(**cursor, 1),
                              .url = {},
                              .event_types = {},
                              .settings = std::move(*settings),
                              .secrets = {},
                              .created_at = time_at(**cursor, 4),
                              .updated_at = time_at(**cursor, 5)};
    const auto types = nlohmann::json::parse(text_at(**cursor, 2), nullptr, false);
    if (types.is_array())
      for (const auto& type : types)
        if (type.is_string()) subscription.event_types.push_back(type.get<std::string>());
    subscriptions.push_back(std::move(subscription));
  }
}

/// The events with a delivery to this subscription, behind `after` and up to `upto`.
Result<std::set<std::string>> delivered_events(sql::Connection& connection, const std::string& id,
                                               const std::string& after, const std::string& upto) {
  auto cursor = connection.query(
      "SELECT event_id FROM deliveries WHERE subscription_id = ? AND event_id > ? AND event_id <= "
      "?",
      sql::Values{id, after, upto});
  if (!cursor) return fail(std::move(cursor));
  std::set<std::string> events;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return events;
    events.insert(text_at(**cursor, 0));
  }
}

/// Adds what `subscription` wanted since it stands as it does, and has no delivery of.
Result<void> find_unrouted(const HubState& state, const Subscription& subscription, Found& found) {
  const bool shared = state.connection.dialect() != sql::Dialect::sqlite;
  const std::chrono::milliseconds margin =
      shared ? clocks_differ_max : std::chrono::milliseconds{1};
  ReplayRange range{.since = std::max(subscription.created_at, subscription.updated_at) + margin,
                    .until = state.now};
  if (state.retention.count() > 0) range.since = std::max(range.since, state.now - state.retention);
  std::string after;
  while (true) {
    const auto step = replay_step(state.connection, subscription, range, after, routing_step);
    if (!step) return fail(step.error());
    if (!step->event_ids.empty()) {
      const auto there =
          delivered_events(state.connection, subscription.id, after, step->last_event);
      if (!there) return fail(there.error());
      for (const std::string& event : step->event_ids) {
        if (there->contains(event)) continue;
        const auto type =
            sql::query_value(state.connection, "SELECT event_type FROM events WHERE event_id = ?",
                             sql::Values{event});
        if (!type) return fail(type.error());
        if (*type != test_event) found.add(event + " → " + subscription.id);
      }
    }
    if (step->end) return {};
    after = step->last_event;
  }
}

}  // namespace

Result<Finding> check_bodies(const HubState& state) {
  auto cursor = state.connection.query(
      "SELECT event_id, event_type, source_version, voucher_id, body FROM events ORDER BY event_id "
      "DESC LIMIT ?",
      sql::Values{bodies_max});
  if (!cursor) return fail(std::move(cursor));
  Found damaged;
  std::int64_t read = 0;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) break;
    ++read;
    const sql::Cursor& at = **cursor;
    if (!fits(at.at(4).value_or(""), at.at(1).value_or(""), at.at(2).value_or(""), at.at(3)))
      damaged.add(text_at(at, 0));
  }
  if (!damaged.none())
    return Finding{.check = "bodies",
                   .verdict = Verdict::failure,
                   .what = say({"stored bodies that are damaged or tell of another event: {}",
                                "损坏或与所属事件不符的正文 {}"},
                               damaged.text()),
                   .mend = say({"something outside changed them; restore these rows from a backup",
                                "有外部操作修改了正文，请从备份恢复这些行"})};
  return Finding{.check = "bodies",
                 .what = say({"{} newest bodies are whole and tell of their own event; every "
                              "attempt sends these bytes, there is no other copy",
                              "最新 {} 条正文完整且与所属事件一致；每次尝试都发送这些字节，没有其他"
                              "副本"},
                             read)};
}

Result<Finding> check_routing(const HubState& state) {
  const auto subscriptions = routed_subscriptions(state.connection);
  if (!subscriptions) return fail(subscriptions.error());
  Found unrouted;
  for (const Subscription& subscription : *subscriptions)
    if (Result<void> searched = find_unrouted(state, subscription, unrouted); !searched)
      return fail(std::move(searched).error());
  if (!unrouted.none())
    return Finding{.check = "routing",
                   .verdict = Verdict::failure,
                   .what = say({"events without a delivery to a subscription that wants them: {}",
                                "订阅需要却没有投递记录的事件 {}"},
                               unrouted.text()),
                   .mend = say({"send them: tidemark deliveries replay SUBSCRIPTION --since TIME",
                                "补发：tidemark deliveries replay SUBSCRIPTION --since TIME"})};
  return Finding{.check = "routing",
                 .what = say({"every event has a delivery for each subscription that wants it, "
                              "since these were last changed",
                              "自订阅最近一次修改以来，每个事件对需要它的订阅都有投递"})};
}

}  // namespace tidemark::relay
