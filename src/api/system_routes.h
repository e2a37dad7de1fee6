#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/gate.h"
#include "api/metrics.h"
#include "api/pulse.h"
#include "api/services.h"

namespace tidemark::api {

/// What the routes about the server itself show. All must outlive it.
struct SystemParts {
  Services& services;
  const Metrics& metrics;
  const Pulse& pulse;
  /// nullopt: no stream is read.
  std::function<std::optional<relay::StreamStatus>()> stream;
  std::vector<WatchedFolder> folders;
  std::string version;
  std::string revision;
};

/// `/livez`, `/readyz`, `/version`, `/metrics`, `/api/v1/openapi.json` (docs/wire/openapi.json, as
/// it was when the program was built).
void add_system_routes(Gate& gate, SystemParts& parts);

}  // namespace tidemark::api
