#pragma once

#include <set>
#include <string>
#include <vector>

#include "alert/subject.h"
#include "relay/sync_stats.h"
#include "run/schedule.h"
#include "sql/connection.h"

namespace tidemark::api {

/// The figures that alerts are about, from those that `/api/v1/sync/stats` and `/metrics` show. Of
/// the schedules only those of `jobs` count: a job that this hub does not run cannot mend itself.
[[nodiscard]] alert::Figures alert_figures(const relay::SyncStats& stats,
                                           const std::vector<run::Schedule>& schedules,
                                           const std::set<std::string, std::less<>>& jobs);

/// The same, read from the state now. Errors: those of sql::Connection.
[[nodiscard]] Result<alert::Figures> read_alert_figures(
    sql::Connection& connection, const std::set<std::string, std::less<>>& jobs, WallTime now);

}  // namespace tidemark::api
