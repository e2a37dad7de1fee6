#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "run/job.h"
#include "run/schedule.h"

namespace tidemark::api {

/// A schedule as the API shows it (docs/wire/openapi.json, `schedule`).
[[nodiscard]] nlohmann::ordered_json schedule_json(const run::Job& job, const run::Schedule& row,
                                                   WallTime now);

/// Puts a change on the row: `{"paused":true,"cron":"…"|null,"time_zone":…,"jitter_seconds":…}`;
/// null goes back to the configuration. Errors: rejected, naming the field; nothing is changed
/// then.
[[nodiscard]] Result<void> change_schedule(const run::Job& job, run::Schedule& row,
                                           const std::string& body);

}  // namespace tidemark::api
