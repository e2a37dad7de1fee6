#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "run/cron.h"
#include "run/job.h"
#include "watermark/zone_rules.h"

namespace tidemark::run {

/// A rule that was understood.
struct Timing {
  Cron cron;
  watermark::ZoneRules zone;
  std::chrono::seconds jitter;

  /// Errors: invalid_config, naming `cron`, `time_zone` or `jitter`.
  [[nodiscard]] static Result<Timing> make(const ScheduleRule& rule);
  /// The same rule, the same text: what is due is reckoned anew when it changes.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::optional<WallTime> next(WallTime after) const {
    return cron.next(after, zone);
  }
};

/// What the state database keeps of a job, a row of `schedules`.
struct Schedule {
  std::string name;
  std::string group{};
  bool gives_way = false;

  // What people set through the API; stronger than the configuration.
  bool paused = false;
  std::optional<std::string> cron{};
  std::optional<std::string> time_zone{};
  std::optional<std::chrono::seconds> jitter{};

  // When it runs next.
  std::string rule{};                       ///< What next_due_at was reckoned by.
  std::optional<WallTime> next_due_at{};    ///< By the rule.
  std::optional<WallTime> next_start_at{};  ///< The same, with its jitter.
  std::optional<WallTime> requested_at{};   ///< Somebody wants it to run now.
  std::optional<WallTime> again_at{};       ///< It was cut short, and is to go on.
  std::int64_t again_count = 0;             ///< Repeats in a row.

  // Who runs it.
  std::string owner{};     ///< The hub; empty: nobody.
  std::int64_t token = 0;  ///< Counts the runs: an owner whose token is past has lost its run.
  std::optional<WallTime> lease_until{};
  bool asked_to_yield = false;

  // What happened last.
  std::optional<WallTime> last_due_at{};
  std::optional<WallTime> last_started_at{};
  std::optional<WallTime> last_finished_at{};
  std::optional<WallTime> last_success_at{};
  std::string last_status{};  ///< name(JobStatus); empty before the first end.
  std::string last_error{};
  std::optional<std::int64_t> last_exit_code{};
  std::int64_t last_missed = 0;  ///< Due times that the last run made up for, beside its own.
  std::map<std::string, std::int64_t> runs{};  ///< How many ended with which status.

  [[nodiscard]] bool running() const { return !owner.empty(); }
  /// It has only been partial for three runs or more, as far as its period tells: a partial run is
  /// no failure, so nobody may have seen it.
  [[nodiscard]] bool long_partial() const;
  /// What holds: people's settings, else the job's.
  [[nodiscard]] ScheduleRule rule_for(const Job& job) const;

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

}  // namespace tidemark::run
