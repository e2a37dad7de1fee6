#include "api/alert_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "alert/store.h"
#include "api/alert_figures.h"
#include "api/page.h"
#include "api/stamp.h"
#include "base/bytes.h"
#include "base/log.h"

namespace tidemark::api {
namespace {

using alert::AlertStore;
using nlohmann::ordered_json;

constexpr std::size_t reason_bytes_max = 500;
constexpr std::chrono::seconds mute_max = std::chrono::days{30};
constexpr std::string_view everything = "all";

ordered_json stamp_or_null(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return stamp(*time);
}

std::string_view state_name(const alert::RuleState& state) {
  if (state.firing_since) return "firing";
  return state.pending_since ? "pending" : "ok";
}

/// Of the alert itself, or of everything; the one that lasts longer.
std::optional<WallTime> muted_until(const std::vector<alert::Mute>& mutes, alert::Subject subject) {
  std::optional<WallTime> until;
  for (const alert::Mute& mute : mutes)
    if ((!mute.subject || mute.subject == subject) && (!until || mute.until > *until))
      until = mute.until;
  return until;
}

ordered_json rule_json(const alert::Rule& rule, const alert::RuleState& state,
                       const alert::Figure& figure, const std::vector<alert::Mute>& mutes) {
  const alert::SubjectInfo& about = alert::info(rule.subject);
  ordered_json json{
      {"rule", rule.name()},
      {"alert", about.name},
      {"level", alert::name(rule.level)},
      {"state", state_name(state)},
      {"value", or_null(figure.value)},
      {"value_text", nullptr},
      {"threshold", rule.threshold},
      {"threshold_text", fmt::format("{} {}", about.low_is_bad ? "<" : ">",
                                     alert::value_text(about.unit, rule.threshold))},
      {"sample", nullptr},
      {"detail", or_null(figure.detail)},
      {"since", stamp_or_null(state.firing_since ? state.firing_since : state.pending_since)},
      {"muted_until", stamp_or_null(muted_until(mutes, rule.subject))}};
  if (figure.value) json["value_text"] = alert::value_text(about.unit, *figure.value);
  if (about.unit != alert::Unit::count) json["sample"] = figure.sample;
  return json;
}

ordered_json channel_json(const alert::ChannelSpec& spec, const alert::ChannelState& state) {
  ordered_json levels = ordered_json::array();
  for (const alert::Level level : spec.options.levels) levels.push_back(alert::name(level));
  return {{"channel", spec.options.name},
          {"levels", levels},
          {"per_minute", spec.options.per_minute},
          {"waiting", state.waiting},
          {"last_sent_at", stamp_or_null(state.last_sent_at)},
          {"failures", state.failures},
          {"last_error", or_null(state.last_error)},
          {"last_error_at", stamp_or_null(state.last_error_at)},
          {"retry_at", stamp_or_null(state.retry_at)}};
}

Result<http::Response> list(sql::Connection& connection, const AlertPart& alerts, WallTime now) {
  AlertStore store(connection);
  const auto figures = read_alert_figures(connection, alerts.jobs(), now);
  if (!figures) return fail(figures.error());
  const auto states = store.states();
  if (!states) return fail(states.error());
  const auto mutes = store.mutes(now);
  if (!mutes) return fail(mutes.error());
  auto channels = store.channels();
  if (!channels) return fail(std::move(channels));

  ordered_json rules = ordered_json::array();
  for (const alert::Rule& rule : alerts.options().alarm.rules) {
    const auto known = states->find(rule.name());
    rules.push_back(rule_json(rule, known == states->end() ? alert::RuleState{} : known->second,
                              (*figures)[rule.subject], *mutes));
  }
  ordered_json listed = ordered_json::array();
  for (const alert::ChannelSpec& spec : alerts.options().channels)
    listed.push_back(channel_json(spec, (*channels)[spec.options.name]));
  return json_answer(200, {{"data", rules}, {"channels", listed}, {"next_cursor", nullptr}});
}

/// An object with no other members than `known`. Errors: rejected.
Result<ordered_json> read_object(const std::string& body,
                                 std::initializer_list<std::string_view> known) {
  auto json = body.empty() ? ordered_json::object() : ordered_json::parse(body, nullptr, false);
  if (!json.is_object())
    return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  for (const auto& [name, value] : json.items())
    if (std::ranges::find(known, name) == known.end())
      return fail(ErrorKind::rejected, {"{}: no such field", "{}: 没有此字段"}, name);
  return json;
}

std::string text_in(const ordered_json& json, std::string_view member) {
  const auto found = json.find(member);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// nullopt: all of them. Errors: rejected.
Result<std::optional<alert::Subject>> read_subject(const ordered_json& json) {
  const std::string name = text_in(json, "alert");
  if (name == everything) return std::optional<alert::Subject>{};
  const auto subject = alert::subject_named(name);
  if (subject) return subject;
  std::string names;
  for (const alert::SubjectInfo& about : alert::subjects())
    names += fmt::format("{}, ", about.name);
  return fail(ErrorKind::rejected, {"alert: must be one of {}all", "alert: 必须是 {}all 之一"},
              names);
}

Result<alert::Mute> read_mute(const std::string& body, const Caller& caller, WallTime now) {
  const auto json = read_object(body, {"alert", "for_seconds", "reason"});
  if (!json) return fail(json.error());
  const auto subject = read_subject(*json);
  if (!subject) return fail(subject.error());
  const auto found = json->find("for_seconds");
  const std::int64_t seconds =
      found != json->end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  if (seconds < 1 || seconds > mute_max.count())
    return fail(ErrorKind::rejected,
                {"for_seconds: must be a whole number from 1 to {}: nothing is muted for ever",
                 "for_seconds: 必须是 1 到 {} 的整数，不能永久静默"},
                mute_max.count());
  const std::string reason = text_in(*json, "reason");
  if (reason.size() > reason_bytes_max)
    return fail(ErrorKind::rejected, {"reason: at most {} bytes", "reason: 最多 {} 字节"},
                reason_bytes_max);
  return alert::Mute{.subject = *subject,
                     .until = now + std::chrono::seconds(seconds),
                     .reason = reason,
                     .by = caller.token_id};
}

std::string mute_name(const std::optional<alert::Subject>& subject) {
  return std::string(subject ? alert::info(*subject).name : everything);
}

void mute(Services& services, const Caller& caller, const http::Request& request,
          http::Respond respond) {
  const WallTime now = services.clock.wall();
  const auto wanted = read_mute(request.body, caller, now);
  if (!wanted) return respond(problem_for(wanted.error()));
  services.change(
      [wanted = *wanted, now](relay::Engine& engine) -> Result<http::Response> {
        Result<void> stored = AlertStore(engine.store().connection()).put_mute(wanted, now);
        if (!stored) return fail(std::move(stored));
        log_line(LogLevel::info,
                 fmt::format("alerts: {} muted until {} by {}: {}", mute_name(wanted.subject),
                             stamp(wanted.until), wanted.by, printable(wanted.reason)));
        return json_answer(200, {{"alert", mute_name(wanted.subject)},
                                 {"muted_until", stamp(wanted.until)},
                                 {"reason", or_null(wanted.reason)}});
      },
      std::move(respond));
}

void unmute(Services& services, const Caller& caller, const http::Request& request,
            http::Respond respond) {
  const auto json = read_object(request.body, {"alert"});
  if (!json) return respond(problem_for(json.error()));
  const auto subject = read_subject(*json);
  if (!subject) return respond(problem_for(subject.error()));
  services.change(
      [subject = *subject, by = caller.token_id](relay::Engine& engine) -> Result<http::Response> {
        const auto removed = AlertStore(engine.store().connection()).remove_mute(subject);
        if (!removed) return fail(removed.error());
        if (!*removed)
          return fail(ErrorKind::not_found, {"{} is not muted", "{} 未被静默"}, mute_name(subject));
        log_line(LogLevel::info, fmt::format("alerts: {} unmuted by {}", mute_name(subject), by));
        return json_answer(200, {{"alert", mute_name(subject)}, {"muted_until", nullptr}});
      },
      std::move(respond));
}

void test(AlertPart& alerts, const http::Request& request, http::Respond respond) {
  const auto json = read_object(request.body, {"channel"});
  if (!json) return respond(problem_for(json.error()));
  const std::string channel = text_in(*json, "channel");
  const auto& channels = alerts.options().channels;
  const bool known =
      channel.empty() ? !channels.empty() : std::ranges::any_of(channels, [&](const auto& spec) {
        return spec.options.name == channel;
      });
  if (!known)
    return respond(problem_for(
        channel.empty()
            ? make_error(ErrorKind::not_found, {"no channel is configured", "未配置任何告警渠道"})
            : make_error(ErrorKind::not_found, {"no channel {} is configured", "未配置渠道 {}"},
                         printable(channel))
                  .with_hint({"`tidemark alerts channels` lists them",
                              "列表见 `tidemark alerts channels`"})));
  alerts.test(channel, [respond = std::move(respond)](std::vector<AlertPart::Tried> tried) mutable {
    ordered_json rows = ordered_json::array();
    for (const AlertPart::Tried& one : tried)
      rows.push_back({{"channel", one.channel},
                      {"sent", !one.fault},
                      {"error", one.fault ? ordered_json(one.fault->what.en) : ordered_json()}});
    respond(json_answer(200, {{"data", rows}, {"next_cursor", nullptr}}));
  });
}

}  // namespace

void add_alert_routes(Gate& gate, Services& services, AlertPart& alerts) {
  gate.add("GET", "/api/v1/alerts",
           [&services, &alerts](const Caller&, const http::Request&, http::Respond respond) {
             services.read(
                 [&services, &alerts](sql::Connection& connection) {
                   return list(connection, alerts, services.clock.wall());
                 },
                 std::move(respond));
           });
  gate.add("POST", "/api/v1/alerts/test",
           [&alerts](const Caller&, const http::Request& request, http::Respond respond) {
             test(alerts, request, std::move(respond));
           });
  gate.add("POST", "/api/v1/alerts/mute",
           [&services](const Caller& caller, const http::Request& request, http::Respond respond) {
             mute(services, caller, request, std::move(respond));
           },
           {.media_types = {"application/json"}});
  gate.add("POST", "/api/v1/alerts/unmute",
           [&services](const Caller& caller, const http::Request& request, http::Respond respond) {
             unmute(services, caller, request, std::move(respond));
           },
           {.media_types = {"application/json"}});
}

}  // namespace tidemark::api
