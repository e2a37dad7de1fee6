#include "api/change_lane.h"

#include <utility>

#include "base/last_net.h"

namespace tidemark::api {
namespace {

/// People make these changes, one by one: more of them wait only while a lock is not to be had.
constexpr std::size_t waiting_max = 64;

}  // namespace

ChangeLane::ChangeLane(const Clock& clock, std::chrono::milliseconds patience)
    : clock_(clock), patience_(patience), thread_([this] { run(); }) {}

ChangeLane::~ChangeLane() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  for (Change& change : changes_)
    change.answer(fail(ErrorKind::cancelled, {"the hub is stopping", "hub 正在停止"}));
}

void ChangeLane::ask(Work work, Answer answer) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopping_ && changes_.size() < waiting_max) {
      changes_.push_back({.work = std::move(work),
                          .answer = std::move(answer),
                          .begin_before = clock_.steady() + patience_});
      wake_.notify_one();
      return;
    }
  }
  answer(fail(ErrorKind::unreachable,
              {"too many changes wait for the state database", "等待写入状态库的修改过多"}));
}

void ChangeLane::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !changes_.empty(); });
    if (stopping_) return;
    Change change = std::move(changes_.front());
    changes_.pop_front();
    lock.unlock();
    if (clock_.steady() > change.begin_before)
      change.answer(fail(ErrorKind::timeout,
                         {"changes before it wait for the state database; nothing was changed",
                          "之前的修改仍在等待状态库；未作任何修改"}));
    else
      change.answer(with_last_net(change.work));
  }
}

}  // namespace tidemark::api
