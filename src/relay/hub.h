#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "relay/delivery.h"
#include "relay/engine.h"
#include "relay/publication.h"
#include "relay/sender.h"
#include "relay/store.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// The hub: takes publications, keeps them durably, and sees that each reaches every subscription
/// that wants it. One thread of its own does all writing, many requests in one transaction
/// (decision 0010). Every call is thread-safe and returns at once; the callback comes on the hub's
/// thread after the commit is durable, or with the error; it must not block.
/// After stop() every call answers `cancelled`.
class Hub {
 public:
  template <class T>
  using Answer = std::move_only_function<void(Result<T>)>;

  /// Opens nothing: `store` is migrated and owned from now on; sender, clock and random must
  /// outlive the hub.
  Hub(std::unique_ptr<Store> store, Sender& sender, const Clock& clock, Random& random,
      EngineOptions options);
  /// Stops at once, as a crash would; nothing acknowledged is lost.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Takes over the work of its state and begins. Errors: locked when another process has the
  /// SQLite state.
  [[nodiscard]] Result<void> start();
  /// Takes nothing new, waits until requests under way are answered (at most `patience`), commits.
  void stop(std::chrono::milliseconds patience);

  /// Errors: rejected (version_conflict, idempotency_conflict); unreachable or timeout when the
  /// state is away or the hub has too much to do: the caller tries again.
  void publish(PublishRequest request, Answer<Published> answer);
  /// All or nothing is not promised: each has its own result, in order, one transaction if it can.
  void publish_all(std::vector<PublishRequest> requests,
                   std::move_only_function<void(std::vector<Result<Published>>)> answer);

  /// Any other change, run inside the next transaction on the hub's thread. When that is rolled
  /// back, `work` is run again in one of its own: it must change nothing that it captured but what
  /// it writes anew each time, and it must read what it depends on from the engine, not remember
  /// it.
  void change(std::move_only_function<Result<void>(Engine&)> work, Answer<void> answer);

  /// Shared states: another hub committed something. Looks at once instead of at the next poll.
  void look_now();

  /// What is under way right now, for status `delivering`. A snapshot; waits for the hub's thread,
  /// so never from a callback, and half a second at most: then it is what was under way
  /// when somebody asked last. Empty once the hub has ended.
  [[nodiscard]] std::vector<DeliveryKey> delivering() const;
  [[nodiscard]] HubCounters counters() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace tidemark::relay
