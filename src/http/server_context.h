#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "http/router.h"
#include "http/server.h"

namespace tidemark::http {

/// Counts what is open. Thread-safe; asked once per connection, not per request.
class ConnectionCount {
 public:
  explicit ConnectionCount(std::size_t max) : max_(max) {}

  [[nodiscard]] bool try_enter() {
    const std::scoped_lock lock(mutex_);
    if (open_ == max_) return false;
    ++open_;
    return true;
  }
  void leave() {
    const std::scoped_lock lock(mutex_);
    if (--open_ == 0) none_.notify_all();
  }
  /// False if some are left after `timeout`.
  [[nodiscard]] bool wait_for_none(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, timeout, [this] { return open_ == 0; });
  }
  [[nodiscard]] std::size_t open() {
    const std::scoped_lock lock(mutex_);
    return open_;
  }
  /// Three quarters are taken: those who only wait are let go sooner.
  [[nodiscard]] bool crowded() { return open() > max_ - max_ / 4; }

 private:
  const std::size_t max_;
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t open_ = 0;  // Guarded by mutex_.
};

/// What all connections of a server share.
struct ServerContext {
  ServerContext(ServerOptions options_, Router router_, const Clock& clock_)
      : options(std::move(options_)),
        router(std::move(router_)),
        clock(clock_),
        connections(options.connections_max) {}

  const ServerOptions options;
  const Router router;
  const Clock& clock;
  ConnectionCount connections;
  std::atomic<std::size_t> bodies_bytes{0};
};

/// A connection's share of bodies_bytes_max.
class BodyShare {
 public:
  explicit BodyShare(ServerContext& context) : context_(context) {}
  ~BodyShare() { release(); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  /// Grows to at least `bytes`; false if that is more than is left for all.
  [[nodiscard]] bool grow_to(std::size_t bytes) {
    if (bytes <= held_) return true;
    const std::size_t more = bytes - held_;
    if (context_.bodies_bytes.fetch_add(more, std::memory_order_relaxed) + more >
        context_.options.bodies_bytes_max) {
      context_.bodies_bytes.fetch_sub(more, std::memory_order_relaxed);
      return false;
    }
    held_ = bytes;
    return true;
  }
  void release() {
    if (held_ == 0) return;
    context_.bodies_bytes.fetch_sub(held_, std::memory_order_relaxed);
    held_ = 0;
  }

 private:
  ServerContext& context_;
  std::size_t held_ = 0;
};

}  // namespace tidemark::http
