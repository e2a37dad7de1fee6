#include "load/xiaoe/sandbox/late_answers.h"

namespace tidemark::load::xiaoe {

LateAnswers::LateAnswers() : thread_([this] { loop(); }) {}

LateAnswers::~LateAnswers() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LateAnswers::give(std::chrono::milliseconds delay, http::Respond respond,
                       http::Response response) {
  const SteadyTime due = std::chrono::steady_clock::now() + delay;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.emplace(due, std::pair(std::move(respond), std::move(response)));
  }
  wake_.notify_one();
}

void LateAnswers::loop() {
  std::unique_lock lock(mutex_);
  while (!ending_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const SteadyTime due = waiting_.begin()->first;
    if (!ending_ && std::chrono::steady_clock::now() < due) {
      wake_.wait_until(lock, due);
      continue;
    }
    auto first = waiting_.extract(waiting_.begin());
    lock.unlock();
    first.mapped().first(std::move(first.mapped().second));
    lock.lock();
  }
}

}  // namespace tidemark::load::xiaoe
