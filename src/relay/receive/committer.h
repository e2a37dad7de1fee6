#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/receive/receiver_store.h"
#include "sql/url.h"

namespace tidemark::receive {

/// The events of one request, which are stored together.
struct Submission {
  std::vector<Arrival> arrivals;
  /// Called once, on the committer's thread, when they are durable or cannot be; must not wait.
  std::move_only_function<void(Result<std::vector<Taken>>)> done;
};

struct CommitterCounters {
  std::uint64_t stored = 0;
  std::uint64_t repeated = 0;
  std::uint64_t commits = 0;
  std::uint64_t failures = 0;  ///< Submissions that were answered with an error.
};

/// Stores events with one thread and one connection: while one transaction is on its way to the
/// disk, the next requests gather, and become the next transaction. So the cost of a commit is
/// shared exactly when there is load.
///
/// A lost connection is opened again, with the same work (repeats are recognised, so an unknown end
/// of a commit does no harm); what cannot be stored now gets the error, and its sender tries again.
/// Work that fails together, but not for a reason that all share, is tried one by one.
class Committer {
 public:
  /// `store` is open; `database` is where to find it again. `clock` must outlive this.
  Committer(ReceiverStore store, sql::Url database, const Clock& clock);
  ~Committer();  ///< As stop().
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Thread-safe, never waits. False when too much is waiting already: nothing was taken.
  [[nodiscard]] bool submit(Submission& submission);
  /// Stores what was submitted, and ends.
  void stop();
  [[nodiscard]] CommitterCounters counters() const;

 private:
  void run();
  std::vector<Submission> next_group();
  void store_group(std::vector<Submission> group);
  Result<std::vector<Taken>> store(std::span<const Arrival> arrivals);
  void answer(Submission& submission, Result<std::vector<Taken>> taken);

  const sql::Url database_;
  const Clock& clock_;
  std::optional<ReceiverStore> store_;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Submission> queue_;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;
  CommitterCounters counters_;
  std::thread thread_;
};

}  // namespace tidemark::receive
