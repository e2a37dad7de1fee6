#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"

namespace tidemark::api {

/// Changes of the state that may wait for a lock which another process holds: one at a time, in
/// their order, on a thread of their own, so that none of them holds up a question (ReadPool) or
/// publishing (Hub). Thread-safe.
class ChangeLane {
 public:
  using Work = std::function<Result<http::Response>()>;
  using Answer = std::move_only_function<void(Result<http::Response>)>;

  /// A change that stood behind others for longer than `patience` is not begun any more.
  /// `clock` must outlive it.
  ChangeLane(const Clock& clock, std::chrono::milliseconds patience);
  /// The change under way is finished; those that wait are answered `cancelled`.
  ~ChangeLane();
  ChangeLane(const ChangeLane&) = delete;
  ChangeLane& operator=(const ChangeLane&) = delete;

  /// Does `work` on the lane's thread, once, and hands what it returns to `answer` there. Returns
  /// at once. Errors beside those of the work, for which nothing was done: timeout when it stood
  /// behind others too long, unreachable when too many wait (`answer` is then called at once).
  void ask(Work work, Answer answer);

 private:
  struct Change {
    Work work;
    Answer answer;
    SteadyTime begin_before;
  };
  void run();

  const Clock& clock_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Change> changes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::api
