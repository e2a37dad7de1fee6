#pragma once

#include "api/alert_part.h"
#include "api/gate.h"
#include "api/services.h"

namespace tidemark::api {

/// The routes of alerts; both must outlive the server.
void add_alert_routes(Gate& gate, Services& services, AlertPart& alerts);

}  // namespace tidemark::api
