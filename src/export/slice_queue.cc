#include "export/slice_queue.h"

namespace tidemark::exporter {

void SliceQueue::put(SliceTask task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_one();
}

bool SliceQueue::put_first(SliceTask task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  tasks_.push_front(std::move(task));
  changed_.notify_one();
  return true;
}

std::optional<SliceTask> SliceQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !tasks_.empty() || at_work_ == 0; });
  if (closed_ || tasks_.empty()) {
    changed_.notify_all();
    return std::nullopt;
  }
  SliceTask task = std::move(tasks_.front());
  tasks_.pop_front();
  ++at_work_;
  return task;
}

void SliceQueue::done() {
  const std::lock_guard lock(mutex_);
  if (--at_work_ == 0) changed_.notify_all();
}

std::deque<SliceTask> SliceQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  return std::exchange(tasks_, {});
}

}  // namespace tidemark::exporter
