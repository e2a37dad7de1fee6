#include "api/system_routes.h"

#include <nlohmann/json.hpp>

#include "alert/store.h"
#include "api/openapi.h"
#include "relay/sync_stats.h"
#include "run/schedule_store.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;

/// From the pulse alone, whose beats are commits: a probe must not wait behind slow questions, nor
/// cost the database anything.
http::Response ready_answer(const Pulse& pulse) {
  if (pulse.beats()) return json_answer(200, {{"status", "ready"}});
  return problem(503, "not_ready",
                 {"the hub has not answered for some seconds: is the state database away?",
                  "hub 已数秒没有响应：状态库是否不可用？"});
}

void answer_metrics(SystemParts& parts, http::Respond respond) {
  parts.services.read(
      [&parts](sql::Connection& connection) -> Result<http::Response> {
        const WallTime now = parts.services.clock.wall();
        Result<relay::SyncStats> stats = relay::sync_stats(connection, now);
        if (!stats) return fail(std::move(stats));
        auto schedules = run::ScheduleStore(connection).all();
        if (!schedules) return fail(std::move(schedules));
        auto loads = read_load_figures(connection, now);
        if (!loads) return fail(std::move(loads));
        auto alerts = alert::AlertStore(connection).states();
        if (!alerts) return fail(std::move(alerts));
        return http::Response{
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = parts.metrics.text({.counters = parts.services.hub.counters(),
                                        .delivering = parts.services.hub.delivering().size(),
                                        .stats = std::move(*stats),
                                        .stream = parts.stream(),
                                        .schedules = std::move(*schedules),
                                        .loads = std::move(*loads),
                                        .folders = parts.folders,
                                        .alerts = std::move(*alerts),
                                        .at = now,
                                        .version = parts.version,
                                        .revision = parts.revision})};
      },
      std::move(respond));
}

}  // namespace

void add_system_routes(Gate& gate, SystemParts& parts) {
  gate.add("GET", "/livez", [](const Caller&, const http::Request&, http::Respond respond) {
    respond(json_answer(200, {{"status", "live"}}));
  });
  gate.add("GET", "/readyz", [&parts](const Caller&, const http::Request&, http::Respond respond) {
    respond(ready_answer(parts.pulse));
  });
  gate.add("GET", "/version", [&parts](const Caller&, const http::Request&, http::Respond respond) {
    respond(json_answer(200, {{"version", parts.version}, {"revision", parts.revision}}));
  });
  gate.add("GET", "/metrics", [&parts](const Caller&, const http::Request&, http::Respond respond) {
    answer_metrics(parts, std::move(respond));
  });
  gate.add("GET", "/api/v1/openapi.json",
           [](const Caller&, const http::Request&, http::Respond respond) {
             respond(json_text_answer(200, std::string(openapi_document())));
           });
}

}  // namespace tidemark::api
