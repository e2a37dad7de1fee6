#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace tidemark::run {

/// When a job is due. The texts are checked by Timing::make().
struct ScheduleRule {
  std::string cron;
  std::string time_zone;
  std::chrono::seconds jitter{0};  ///< A run begins up to so much later, by chance.
};

/// A job that the scheduler may run: what it is, not how it is run. Registered once, at start; the
/// order of registration is the order of precedence.
struct Job {
  std::string name;                    ///< `load-orders`: lower-case letters, digits, hyphens.
  Message summary{};                   ///< One line, for people.
  std::vector<std::string> command{};  ///< What is run: the words behind `tidemark`.
  /// Jobs of one group never run at the same time; empty: it runs beside every other.
  std::string group{};
  /// It can be stopped and run again at any time (a long backfill): another job of its group that
  /// is due has it stopped, and it goes on when that one is done.
  bool gives_way = false;
  /// A partial run of it is nothing to look after: what it waits for comes by itself.
  bool partial_is_usual = false;
  bool enabled = true;
  Message why_disabled{};  ///< Said where it is shown.
  ScheduleRule rule{};
  std::chrono::seconds duration_max{};  ///< Then it is stopped, and its run counts as failed.
};

/// How a run ended.
enum class JobStatus {
  success,
  partial,  ///< Some of it failed, the rest is stored.
  failed,
  timed_out,  ///< It took longer than it may.
  yielded,    ///< It was asked to give way, and goes on later.
  stopped,    ///< It was stopped, by the end of its hub or by somebody's signal.
  lost,       ///< Its hub died, or could not renew its lease.
};
[[nodiscard]] std::string_view name(JobStatus status);

/// How a process of a job ended, as it says itself.
struct JobEnd {
  int exit_code = 0;    ///< As base/exit_code.h; 128 and the signal if one ended it.
  std::string error{};  ///< What it said last, in English; empty if it was content.
};

/// A run under way. Not thread-safe, but for what an implementation does inside. Destroyed before
/// its end: it is killed.
class RunningJob {
 public:
  virtual ~RunningJob() = default;
  /// nullopt while it runs. Does not wait.
  [[nodiscard]] virtual std::optional<JobEnd> ended() = 0;
  /// Asks it to finish what is in its hands, write its state and end.
  virtual void ask_to_stop() = 0;
  /// Ends it now.
  virtual void kill() = 0;
};

class JobLauncher {
 public:
  virtual ~JobLauncher() = default;
  /// Begins a run; `changed` is called, from any thread, when it ended. Does not wait for it.
  /// Errors: io when it cannot be begun.
  [[nodiscard]] virtual Result<std::unique_ptr<RunningJob>> launch(
      const Job& job, std::function<void()> changed) = 0;
};

}  // namespace tidemark::run
