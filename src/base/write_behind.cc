#include "base/write_behind.h"

#include <utility>

#include "base/last_net.h"
#include "base/signals_blocked.h"

namespace tidemark {

WriteBehind::WriteBehind() {
  const SignalsBlocked blocked;  // They are for the thread that reads.
  thread_ = std::thread([this] { run(); });
}

WriteBehind::~WriteBehind() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.reset();
  }
  changed_.notify_all();
  thread_.join();
}

Result<void> WriteBehind::state() const {
  if (failure_) return fail(Error(*failure_));
  return {};
}

Result<void> WriteBehind::give(Work work) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_ || failure_; });
  if (failure_) return state();
  waiting_ = std::move(work);
  changed_.notify_all();
  return {};
}

Result<void> WriteBehind::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !running_ && (!waiting_ || failure_); });
  return state();
}

void WriteBehind::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return waiting_ || closed_; });
    if (closed_) return;
    Work work = *std::exchange(waiting_, std::nullopt);
    running_ = true;
    changed_.notify_all();  // The place of the one that waits is free.
    lock.unlock();
    Result<void> done = with_last_net([&] { return work(); });
    work = nullptr;
    lock.lock();
    running_ = false;
    if (!done && !failure_) failure_ = std::move(done).error();
    if (failure_) waiting_.reset();
    changed_.notify_all();
  }
}

}  // namespace tidemark
