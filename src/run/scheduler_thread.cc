#include "run/scheduler_thread.h"

#include <exception>
#include <utility>

#include "base/log.h"

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

void SchedulerThread::work() {
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (patience_) break;
    }
    static_cast<void>(scheduler_.turn());  // It has logged what was wrong, and tries again.
    rest(look_interval);
  }
  end_all();
}

void SchedulerThread::end_all() {
  scheduler_.begin_stop();
  const SteadyTime end = clock_.steady() + *patience_;
  bool killed = false;
  // Without the state database the ends cannot be recorded; others see them by their leases.
  while (scheduler_.turn() && !scheduler_.idle()) {
    if (!killed && clock_.steady() >= end) {
      scheduler_.kill_all();
      killed = true;
    }
    rest(std::chrono::milliseconds{100});
  }
  scheduler_.kill_all();
}

}  // namespace tidemark::run
