#pragma once

#include <set>
#include <string>
#include <vector>

#include "alert/subject.h"
#include "relay/sync_stats.h"
#include "run/schedule.h"
#include "sql/connection.h"

namespace tidemark::api {

/// Jobs whose ends matter. One that this hub does not run cannot mend itself.
struct WatchedJobs {
  std::set<std::string, std::less<>> all{};
  std::set<std::string, std::less<>> partial_is_usual{};  ///< Of these; run::Job.
};

/// The figures that alerts are about, from those that `/api/v1/sync/stats` and `/metrics` show. Of
/// the schedules only those of `jobs` count.
[[nodiscard]] alert::Figures alert_figures(const relay::SyncStats& stats,
                                           const std::vector<run::Schedule>& schedules,
                                           const WatchedJobs& jobs);

/// The same, read from the state now. Errors: those of sql::Connection.
[[nodiscard]] Result<alert::Figures> read_alert_figures(sql::Connection& connection,
                                                        const WatchedJobs& jobs, WallTime now);

}  // namespace tidemark::api
