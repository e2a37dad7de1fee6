#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "redis/consumer_group.h"
#include "relay/hub.h"
#include "relay/stream/options.h"
#include "relay/stream/refusals.h"

namespace tidemark::relay {

/// Publishes what business systems add to a Redis Stream, on a thread of its own. The database is
/// the truth, the stream a way to it:
/// - an entry is acknowledged only after the commit of what it published, or of its refusal;
/// - one that is read again (a crash before the acknowledgement, a group that was made anew) is
///   known by its key (entry_key) and published once;
/// - a group that is gone is made anew from the first entry;
/// - what a dead consumer had read is taken over after `claim_after`;
/// - nothing is ever trimmed; entries are deleted only if `delete_done` says so, and no refused
/// one. While Redis is away it tries again, at longer and longer intervals up to 5 s; while the hub
/// cannot store, nothing more is read.
class StreamIntake {
 public:
  /// `hub` must outlive it, and its state must have migrate_refusals().
  StreamIntake(Hub& hub, const Clock& clock, StreamOptions options);
  /// Begins to read, once the hub runs.
  void start();
  ~StreamIntake();
  StreamIntake(const StreamIntake&) = delete;
  StreamIntake& operator=(const StreamIntake&) = delete;

  /// Reads no more; what was read is stored and acknowledged first. Takes up to a second. The hub
  /// must still run.
  void stop();
  /// Thread-safe.
  [[nodiscard]] StreamStatus status() const;

 private:
  void work();
  /// Until the connection ends. Never succeeds but when it is to stop.
  [[nodiscard]] Result<void> session();
  [[nodiscard]] Result<void> make_group(redis::ConsumerGroup& group);
  /// Reads and handles once: its own pending entries first, then those of the dead, then new ones.
  [[nodiscard]] Result<void> round(redis::ConsumerGroup& group);
  [[nodiscard]] Result<void> take_own(redis::ConsumerGroup& group);
  [[nodiscard]] Result<void> take_over(redis::ConsumerGroup& group);
  [[nodiscard]] Result<void> look(redis::ConsumerGroup& group);
  /// Stores and acknowledges. What the hub cannot store now stays pending.
  [[nodiscard]] Result<void> handle(redis::ConsumerGroup& group, redis::Taken taken);
  [[nodiscard]] std::vector<Result<Published>> publish(std::vector<PublishRequest> requests);
  /// Keeps them, and adds to `settled` what can be acknowledged. Error: the hub cannot store now.
  [[nodiscard]] Result<void> refuse(std::vector<Refusal> refusals,
                                    std::vector<std::string>& settled);
  [[nodiscard]] Result<void> keep(const std::shared_ptr<const std::vector<Refusal>>& refusals);
  void count(const Published& published);
  void tell(const Error& error);
  [[nodiscard]] bool stopping() const;
  /// False when it is to stop.
  bool pause(std::chrono::milliseconds time);

  Hub& hub_;
  const Clock& clock_;
  const StreamOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  StreamStatus status_;
  // The thread's own.
  bool own_pending_ = true;
  SteadyTime claim_at_{};
  SteadyTime look_at_{};
  std::chrono::milliseconds backoff_{};
  std::string told_{};  ///< The last error that was logged.
  std::thread thread_;
};

}  // namespace tidemark::relay
