#pragma once

#include "api/gate.h"
#include "api/schedule_part.h"
#include "api/services.h"

namespace tidemark::api {

/// `/api/v1/schedules`: list, one, change, run now. Both must outlive the server.
void add_schedule_routes(Gate& gate, Services& services, SchedulePart& schedule);

}  // namespace tidemark::api
