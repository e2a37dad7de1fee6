#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"
#include "redis/connection.h"

namespace tidemark::relay {

/// Tells the other hubs on a shared state at once what they would find at their next look, over a
/// channel of Redis (PUBLISH, SUBSCRIBE), and is told by them. It carries nothing but the call: a
/// message that gets lost costs the time until the next look, never an event. One thread.
class Waker {
 public:
  /// `hub` tells its own calls from the others'. Nothing happens before start().
  Waker(redis::Url server, std::string channel, std::string hub);
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Connects and listens; `woken` is called on the waker's thread and must not block. While Redis
  /// is away it tries again every few seconds. Errors: io (no descriptor left).
  [[nodiscard]] Result<void> start(std::function<void()> woken);
  void stop();

  /// Something was committed that others send. Returns at once; many calls make one message.
  /// Thread-safe; does nothing before start().
  void announce();

 private:
  void work();
  [[nodiscard]] Result<void> session();
  [[nodiscard]] Result<void> hear(redis::Connection& listening);
  void drain_calls() const;
  [[nodiscard]] bool stopping() const;

  const redis::Url server_;
  const std::string channel_;
  const std::string hub_;
  std::function<void()> woken_;
  UniqueFd calls_;  ///< An eventfd: announce() and stop() write it.
  mutable std::mutex mutex_;
  bool stopping_ = false;
  bool announced_ = false;
  std::thread thread_;
};

}  // namespace tidemark::relay
