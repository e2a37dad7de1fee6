#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "run/scheduler.h"

namespace tidemark::run {

/// A scheduler on a thread of its own, which looks once a second and when it is woken.
class SchedulerThread {
 public:
  /// `launcher`, `clock` and `random` must outlive it; `random` is used by that thread alone.
  SchedulerThread(SchedulerOptions options, std::vector<Job> jobs, JobLauncher& launcher,
                  const Clock& clock, Random& random);
  /// Once. Before it, nothing runs.
  void start();
  /// As stop() without patience.
  ~SchedulerThread();
  SchedulerThread(const SchedulerThread&) = delete;
  SchedulerThread& operator=(const SchedulerThread&) = delete;

  /// Something changed in the state: look now. Thread-safe.
  void wake();
  /// Begins nothing more, asks what runs to stop, waits for it, and kills after `patience` what has
  /// not ended. Its end is recorded if the state database is there.
  void stop(std::chrono::milliseconds patience);
  [[nodiscard]] const std::vector<Job>& jobs() const { return scheduler_.jobs(); }

 private:
  void work();
  void end_all();
  /// One look of the scheduler; false if it could not see to the state, or threw.
  [[nodiscard]] bool turn();
  /// Waits for a wake, or `at_most`.
  void rest(std::chrono::milliseconds at_most);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  std::optional<std::chrono::milliseconds> patience_{};  ///< Once it is to stop.
  Scheduler scheduler_;                                  ///< The thread's own, but for jobs().
  std::thread thread_;
};

}  // namespace tidemark::run
