#include "run/scheduler_thread.h"

#include <exception>
#include <utility>

#include "base/last_net.h"
#include "base/log.h"
#include "base/signals_blocked.h"

namespace tidemark::run {
namespace {

constexpr std::chrono::milliseconds look_interval{1000};

}  // namespace

SchedulerThread::SchedulerThread(SchedulerOptions options, std::vector<Job> jobs,
                                 JobLauncher& launcher, const Clock& clock, Random& random)
    : clock_(clock),
      scheduler_(std::move(options), std::move(jobs), launcher, clock, random, [this] { wake(); }) {
}

void SchedulerThread::start() {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { work(); });
}

SchedulerThread::~SchedulerThread() { stop(std::chrono::milliseconds{0}); }

void SchedulerThread::wake() {
  const std::scoped_lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

void SchedulerThread::stop(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    patience_ = patience;
  }
  wake();
  thread_.join();
}

void SchedulerThread::rest(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, at_most, [this] { return std::exchange(woken_, false); });
}

bool SchedulerThread::turn() {
  bool done = false;
  const Result<void> kept = with_last_net([&]() -> Result<void> {
    done = scheduler_.turn().has_value();  // It has logged what was wrong.
    return {};
  });
  if (!kept) log_line(LogLevel::error, "the scheduler: " + kept.error().what.en);
  return kept.has_value() && done;
}

void SchedulerThread::work() {
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (patience_) break;
    }
    static_cast<void>(turn());  // Tries again.
    rest(look_interval);
  }
  end_all();
}

void SchedulerThread::end_all() {
  scheduler_.begin_stop();
  const SteadyTime end = clock_.steady() + *patience_;
  bool killed = false;
  while (true) {
    const bool recorded = turn();
    if (recorded && scheduler_.idle()) break;
    if (clock_.steady() >= end) {
      // Without the state database the ends cannot be recorded; others see them by their leases.
      if (killed && !recorded) break;
      scheduler_.kill_all();
      killed = true;
    }
    rest(std::chrono::milliseconds{100});
  }
}

}  // namespace tidemark::run
