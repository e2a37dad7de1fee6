#include "api/system_routes.h"

#include <nlohmann/json.hpp>

#include "api/openapi.h"
#include "relay/sync_stats.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;

void answer_ready(SystemParts& parts, http::Respond respond) {
  if (!parts.pulse.beats())
    return respond(
        problem(503, "not_ready",
                {"the hub has not answered for some seconds: is the state database away?",
                 "hub 已数秒没有响应：状态库是否不可用？"}));
  parts.services.read(
      [](sql::Connection& connection) -> Result<http::Response> {
        if (const auto one = sql::query_value(connection, "SELECT 1"); !one)
          return fail(one.error());
        return json_answer(200, {{"status", "ready"}});
      },
      std::move(respond));
}

void answer_metrics(SystemParts& parts, http::Respond respond) {
  parts.services.read(
      [&parts](sql::Connection& connection) -> Result<http::Response> {
        const WallTime now = parts.services.clock.wall();
        Result<relay::SyncStats> stats = relay::sync_stats(connection, now);
        if (!stats) return fail(std::move(stats));
        return http::Response{
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = parts.metrics.text({.counters = parts.services.hub.counters(),
                                        .delivering = parts.services.hub.delivering().size(),
                                        .stats = std::move(*stats),
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
    answer_ready(parts, std::move(respond));
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
