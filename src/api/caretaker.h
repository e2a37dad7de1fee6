#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/pruner.h"
#include "api/pulse.h"
#include "api/services.h"
#include "base/clock.h"

namespace tidemark::api {

struct CaretakerOptions {
  std::chrono::hours retention{};  ///< 0: nothing is pruned.
  bool shared_state = false;       ///< Other processes may revoke tokens.
};

/// What has to be done from time to time, on a thread of its own: asks for the hub's pulse, stores
/// when tokens were used, reads what others changed of them, prunes what is old, and moves replays
/// on. What fails is logged and done again at its next time.
class Caretaker {
 public:
  Caretaker(Services& services, Pulse& pulse, CaretakerOptions options);
  ~Caretaker();
  Caretaker(const Caretaker&) = delete;
  Caretaker& operator=(const Caretaker&) = delete;

 private:
  void work();
  void store_token_uses();
  void reload_tokens();
  void prune();
  /// Is it time? Then it is the next time after `every`.
  [[nodiscard]] bool is_time(SteadyTime& next, std::chrono::seconds every) const;

  Services& services_;
  Pulse& pulse_;
  const CaretakerOptions options_;
  Pruner pruner_;
  SteadyTime next_pulse_{};
  SteadyTime next_token_uses_{};
  SteadyTime next_token_reload_{};
  SteadyTime next_prune_{};
  SteadyTime next_event_prune_{};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::api
