#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "api/change_lane.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "run/job.h"
#include "run/process_launcher.h"
#include "run/scheduler_thread.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::api {

struct ScheduleOptions {
  std::vector<run::Job> jobs;
  run::ProcessOptions process{};
  std::chrono::seconds lease{60};
  std::chrono::seconds stop_grace{60};
};

/// The scheduler of a hub: jobs as processes, and a thread that looks after them.
class SchedulePart {
 public:
  /// The jobs must be registered. `clock` must outlive it.
  SchedulePart(ScheduleOptions options, const sql::Url& state, std::string hub, const Clock& clock,
               std::uint64_t seed);

  [[nodiscard]] const std::vector<run::Job>& jobs() const { return thread_.jobs(); }
  /// Another connection to the state, for what people change: it waits 3 s for a row that another
  /// has locked, then fails with timeout. Waits; errors as run::open_shared_state.
  [[nodiscard]] Result<std::unique_ptr<sql::Connection>> connect() const;
  /// Where those changes are made: the scheduler of a hub that stands still may have the rows.
  [[nodiscard]] ChangeLane& changes() { return changes_; }
  void start() { thread_.start(); }
  void wake() { thread_.wake(); }
  /// As SchedulerThread::stop().
  void stop(std::chrono::milliseconds patience) { thread_.stop(patience); }

 private:
  const sql::Url state_;
  SeededRandom random_;
  run::ProcessLauncher launcher_;
  run::SchedulerThread thread_;
  ChangeLane changes_;
};

}  // namespace tidemark::api
