#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/replays.h"
#include "api/services.h"

namespace tidemark::api {

/// Moves the running replays on, some hundred events a transaction, on a thread of its own. Several
/// hubs on one state do not disturb each other: a step that another one took is not taken again.
class ReplayRunner {
 public:
  explicit ReplayRunner(Services& services) : services_(services) {}
  /// Begins, once the hub runs.
  void start();
  /// Ends after the step under way.
  ~ReplayRunner();
  ReplayRunner(const ReplayRunner&) = delete;
  ReplayRunner& operator=(const ReplayRunner&) = delete;

  /// A replay was added: looks at once.
  void wake();

 private:
  void work();
  /// True when there may be more to do.
  [[nodiscard]] Result<bool> move_all();
  [[nodiscard]] Result<void> move(const Replay& replay);
  [[nodiscard]] bool stopping();

  Services& services_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool woken_ = false;
  std::thread thread_;
};

/// The routes of replays; `services` and `runner` must outlive the server.
void add_replay_routes(Gate& gate, Services& services, ReplayRunner& runner);

}  // namespace tidemark::api
