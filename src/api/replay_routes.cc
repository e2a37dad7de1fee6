#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/replay_runner.h"
#include "api/replays.h"
#include "api/services.h"
#include "api/stamp.h"
#include "base/ulid.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t listed_max = 200;
constexpr std::size_t event_types_max = 50;

Error no_replay(const std::string& id) {
  return make_error(ErrorKind::not_found, {"there is no replay {}", "没有重放任务 {}"}, id)
      .with_hint({"`tidemark replays list` lists them", "列表见 `tidemark replays list`"});
}

ordered_json range_json(const Replay& replay) {
  return {{"subscription_id", replay.subscription_id},
          {"since", stamp(replay.range.since)},
          {"until", stamp(replay.range.until)},
          {"event_types", replay.range.event_types}};
}

ordered_json replay_json(const Replay& replay) {
  ordered_json json{{"id", replay.id}};
  json.update(range_json(replay));
  json["status"] = name(replay.status);
  json["total"] = replay.total;
  json["done"] = replay.done;
  json["created_at"] = stamp(replay.created_at);
  json["updated_at"] = stamp(replay.updated_at);
  return json;
}

struct ReplayRequest {
  Replay replay;
  bool dry_run = false;
};

Result<WallTime> read_time(std::string_view field, const ordered_json& value, WallTime now) {
  const auto time = parse_stamp(value.is_string() ? value.get<std::string>() : "", now);
  if (!time)
    return fail(ErrorKind::rejected,
                {"{}: must be a time with its zone (2026-01-15T08:30:00Z) or a span back from now "
                 "(24h)",
                 "{}: 必须是带时区的时间（2026-01-15T08:30:00Z）或距今的时长（24h）"},
                field);
  return *time;
}

Result<std::vector<std::string>> read_types(const ordered_json& value) {
  std::vector<std::string> types;
  const bool right = value.is_array() && value.size() <= event_types_max;
  for (const ordered_json& type : right ? value : ordered_json::array()) {
    const std::string text = type.is_string() ? type.get<std::string>() : "";
    if (text.empty() || text.size() > relay::event_type_bytes_max || text.contains(','))
      return fail(ErrorKind::rejected, {"event_types: holds something that is no event type",
                                        "event_types: 含有无效的事件类型"});
    types.push_back(text);
  }
  if (!right)
    return fail(
        ErrorKind::rejected,
        {"event_types: must be a list of at most {}", "event_types: 必须是最多 {} 项的数组"},
        event_types_max);
  return types;
}

/// `{"since","until"?,"event_types"?,"dry_run"?}`. Errors: rejected.
Result<ReplayRequest> read_request(const std::string& subscription_id, const std::string& body,
                                   WallTime now) {
  const auto json = ordered_json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("since"))
    return fail(ErrorKind::rejected, {"since: is missing", "since: 缺少此字段"});
  ReplayRequest request;
  request.replay.subscription_id = subscription_id;
  request.replay.range.until = now;
  for (const auto& [name, value] : json.items()) {
    if (name == "since" || name == "until") {
      const Result<WallTime> time = read_time(name, value, now);
      if (!time) return fail(time.error());
      (name == "since" ? request.replay.range.since : request.replay.range.until) =
          std::min(*time, now);
    } else if (name == "event_types") {
      Result<std::vector<std::string>> types = read_types(value);
      if (!types) return fail(std::move(types));
      request.replay.range.event_types = std::move(*types);
    } else if (name == "dry_run" && value.is_boolean()) {
      request.dry_run = value.get<bool>();
    } else {
      return fail(ErrorKind::rejected,
                  {"{}: no such field, or not of its type", "{}: 没有此字段或类型不符"}, name);
    }
  }
  return request;
}

void begin(Services& services, ReplayRunner& runner, ReplayRequest request, http::Respond respond) {
  if (request.dry_run) {
    ordered_json plan = range_json(request.replay);
    plan["events"] = request.replay.total;
    plan["dry_run"] = true;
    return respond(json_answer(200, plan));
  }
  services.change(
      [&runner,
       planned = std::move(request.replay)](relay::Engine& engine) -> Result<http::Response> {
        Replay replay = planned;
        replay.id = "rpl_" + make_ulid(engine.now(), engine.random());
        replay.created_at = replay.updated_at = engine.now();
        if (Result<void> stored = insert_replay(engine.store().connection(), replay); !stored)
          return fail(std::move(stored).error());
        runner.wake();
        http::Response response = json_answer(202, replay_json(replay));
        response.headers.add("Location", "/api/v1/replays/" + replay.id);
        return response;
      },
      std::move(respond));
}

/// Counts first: nobody starts a replay without having seen how much it is.
void plan(Services& services, ReplayRunner& runner, ReplayRequest request,
          relay::Subscription subscription, http::Respond respond) {
  services.reads.ask<std::int64_t>(
      [subscription = std::move(subscription),
       range = request.replay.range](sql::Connection& connection) {
        return relay::count_replay(connection, subscription, range);
      },
      [&services, &runner, request = std::move(request),
       respond = std::move(respond)](const Result<std::int64_t>& count) mutable {
        if (!count) return respond(problem_for(count.error()));
        request.replay.total = *count;
        begin(services, runner, std::move(request), std::move(respond));
      });
}

void answer_replay(Services& services, ReplayRunner& runner, const http::Request& request,
                   http::Respond respond) {
  const std::string id = request.capture("id");
  Result<ReplayRequest> wanted = read_request(id, request.body, services.clock.wall());
  if (!wanted) return respond(problem_for(wanted.error()));
  const auto subscription = std::make_shared<relay::Subscription>();
  services.hub.change(
      [id, subscription](relay::Engine& engine) -> Result<void> {
        const relay::Subscription* found = engine.subscription(id);
        if (found == nullptr)
          return fail(
              make_error(ErrorKind::not_found, {"there is no subscription {}", "没有订阅 {}"}, id)
                  .with_hint({"`tidemark subscriptions list` lists them",
                              "列表见 `tidemark subscriptions list`"}));
        *subscription = *found;
        return {};
      },
      [&services, &runner, wanted = std::move(*wanted), subscription,
       respond = std::move(respond)](const Result<void>& done) mutable {
        if (!done) return respond(problem_for(done.error()));
        plan(services, runner, std::move(wanted), std::move(*subscription), std::move(respond));
      });
}

Result<http::Response> list(sql::Connection& connection) {
  const auto replays = all_replays(connection, false, listed_max);
  if (!replays) return fail(replays.error());
  std::vector<std::string> rows;
  for (const Replay& replay : *replays) rows.push_back(dump(replay_json(replay)));
  return json_text_answer(200, page_text(rows, std::nullopt));
}

}  // namespace

void add_replay_routes(Gate& gate, Services& services, ReplayRunner& runner) {
  gate.add(
      "POST", "/api/v1/subscriptions/{id}/replay",
      [&services, &runner](const Caller&, const http::Request& request, http::Respond respond) {
        answer_replay(services, runner, request, std::move(respond));
      },
      {.media_types = {"application/json"}});
  gate.add("GET", "/api/v1/replays",
           [&services](const Caller&, const http::Request&, http::Respond respond) {
             services.read(list, std::move(respond));
           });
  gate.add(
      "GET", "/api/v1/replays/{id}",
      [&services](const Caller&, const http::Request& request, http::Respond respond) {
        services.read(
            [id = request.capture("id")](sql::Connection& connection) -> Result<http::Response> {
              const auto replay = find_replay(connection, id);
              if (!replay) return fail(replay.error());
              if (!*replay) return fail(no_replay(id));
              return json_answer(200, replay_json(**replay));
            },
            std::move(respond));
      });
  gate.add("POST", "/api/v1/replays/{id}/cancel",
           [&services](const Caller&, const http::Request& request, http::Respond respond) {
             services.change(
                 [id = request.capture("id")](relay::Engine& engine) -> Result<http::Response> {
                   const auto cancelled =
                       cancel_replay(engine.store().connection(), id, engine.now());
                   if (!cancelled) return fail(cancelled.error());
                   if (!*cancelled)
                     return fail(ErrorKind::not_found,
                                 {"no replay {} is running", "没有正在运行的重放任务 {}"}, id);
                   return json_answer(200, {{"id", id}, {"status", "cancelled"}});
                 },
                 std::move(respond));
           });
}

}  // namespace tidemark::api
