#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "run/job.h"
#include "run/schedule.h"

namespace tidemark::run {

/// Who plans, and what it knows.
struct Planner {
  const std::string& hub;  ///< Unique for each process that ever ran.
  const std::vector<Job>& jobs;
  WallTime now;
  std::chrono::seconds lease{60};
  /// No other hub can be alive (an SQLite state has one): leases of others are past.
  bool alone = false;
  /// Nothing new is begun.
  bool stopping = false;
  /// Whether the run of that name and token is in this hub's hands.
  std::function<bool(const std::string& name, std::int64_t token)> holds;
  Random& random;
};

/// What a plan has put on the rows. The rows are the state database's, read in the transaction that
/// writes them back: planning itself touches nothing else, so it can be tried on a copy.
struct Plan {
  std::vector<std::string> starts;  ///< Now owned by this hub, to be launched after the commit.
  std::vector<std::string> lost;    ///< Runs whose hub is gone.
  std::vector<Error> faults;        ///< Rules that cannot be followed, by job.
};

/// Decides what is to happen now: closes the runs of dead hubs, reckons due times, asks long jobs
/// to give way, and takes what may begin. The rules:
/// - A job whose time has passed runs once, however often it was missed; `last_missed` tells.
/// - What became due while the job was running, or paused, is not made up for.
/// - A run that gave way, was stopped with its hub or lost goes on (lost twice in a row: at the
/// next
///   due time, since it may be the job that kills the hub).
/// - Of a group one job runs at a time: first what does not give way, then by registration.
[[nodiscard]] Plan plan(const Planner& planner, std::vector<Schedule>& rows);

/// Closes the run that `schedule` shows: status, figures, what follows.
void close_run(Schedule& schedule, const Planner& planner, JobStatus status,
               std::optional<int> exit_code, std::string error);

}  // namespace tidemark::run
