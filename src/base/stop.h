#pragma once

#include <atomic>

namespace tidemark {

/// Asks long work to stop: no new work is taken, the current batch is finished, state is written.
/// request() is async-signal-safe; the rest is thread-safe. Handed to every job.
class Stop {
 public:
  void request(int signal) { signal_.store(signal, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const { return signal() != 0; }
  /// SIGINT, SIGTERM, or 0 while nobody asked.
  [[nodiscard]] int signal() const { return signal_.load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<int>::is_always_lock_free);
  std::atomic<int> signal_{0};
};

}  // namespace tidemark
