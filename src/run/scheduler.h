#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "run/job.h"
#include "run/schedule_plan.h"
#include "run/schedule_store.h"
#include "sql/connection.h"

namespace tidemark::run {

struct SchedulerOptions {
  std::string hub;  ///< Unique for each process that ever ran: host, process, chance.
  std::chrono::seconds lease{60};
  bool alone = false;  ///< The state has no other hub (SQLite).
  /// A job that was asked to stop is killed after so long.
  std::chrono::seconds stop_grace{60};
  /// Opens the state database, whose tables are there (register_jobs). Called again after it was
  /// away.
  std::function<Result<std::unique_ptr<sql::Connection>>()> connect;
};

/// Runs jobs when they are due, once however many hubs share the state: a run is taken by a lease
/// with a token, in the transaction that also decides that it is due. While the state database is
/// away nothing begins; what runs goes on until its lease is no longer safe (half of it: asked to
/// stop, three quarters: killed), so that another hub can never start it beside.
/// Not thread-safe: one thread, which calls turn() about every second and when something changed.
class Scheduler {
 public:
  /// `launcher`, `clock` and `random` must outlive it. `changed` is called from any thread when a
  /// turn is worth while.
  Scheduler(
      SchedulerOptions options, std::vector<Job> jobs, JobLauncher& launcher, const Clock& clock,
      Random& random, std::function<void()> changed = [] {});
  /// Kills what still runs.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Waits on the state database, some seconds at most. An Error (logged once) is that of the
  /// database; the next turn tries again.
  Result<void> turn();
  /// From now on nothing begins, and what runs is asked to stop; go on with turn() until idle().
  void begin_stop();
  /// Ends what still runs.
  void kill_all();
  [[nodiscard]] bool idle() const { return runs_.empty(); }
  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }

 private:
  enum class Asked { no, to_yield, by_limit, by_end, by_lease };
  struct Run {
    const Job* job;
    std::int64_t token;
    std::unique_ptr<RunningJob> process{};
    SteadyTime started{};
    SteadyTime renewed{};
    Asked asked = Asked::no;
    std::optional<SteadyTime> kill_at{};
    bool killed = false;
    std::optional<JobEnd> end{};
  };

  /// Ends what its lease no longer covers, or what took too long.
  void watch_all();
  void watch(Run& run);
  void ask(Run& run, Asked why);
  void kill(Run& run);
  [[nodiscard]] JobStatus status_of(const Run& run) const;
  [[nodiscard]] Planner planner(WallTime now);
  [[nodiscard]] Result<void> look();
  [[nodiscard]] Result<void> open();
  /// Puts what is known here on the rows: ends, renewed leases.
  void apply(std::vector<Schedule>& rows, const Planner& planner, SteadyTime asked_at) const;
  [[nodiscard]] Result<Plan> decide();
  [[nodiscard]] Result<Plan> decide_locked(ScheduleStore& store, SteadyTime asked_at);
  void report_faults(const Plan& plan);
  void follow(const Plan& plan, const std::vector<Schedule>& rows);
  void launch(const Schedule& row);
  /// Runs that another hub has taken, or that are to give way.
  void follow_rows(const std::vector<Schedule>& rows);
  void report(const Result<void>& done);

  const SchedulerOptions options_;
  const std::vector<Job> jobs_;
  JobLauncher& launcher_;
  const Clock& clock_;
  Random& random_;
  const std::function<void()> changed_;
  std::unique_ptr<sql::Connection> connection_;
  std::map<std::string, Run> runs_;  ///< By the job's name.
  std::vector<Schedule> written_;    ///< The rows as the last decision left them.
  SteadyTime decided_at_{};          ///< Before that decision: from here its leases count.
  bool stopping_ = false;
  bool outage_reported_ = false;
  std::map<std::string, std::string> faults_reported_;
};

}  // namespace tidemark::run
