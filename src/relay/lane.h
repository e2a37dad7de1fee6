#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "relay/store.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// The way to one endpoint, in memory: what waits for it, what is under way, how much it may get.
/// Nothing in here needs to be durable: the database knows every delivery. A slow or dead endpoint
/// fills its own lane only.
///
/// Concurrency adapts to the endpoint: it begins low, grows by one with each success up to what the
/// subscription allows, and is halved by each failure (additive increase, multiplicative decrease),
/// so that an endpoint that is back is not run over by its backlog.
class Lane {
 public:
  Lane(Subscription subscription, std::size_t window_max);

  [[nodiscard]] const Subscription& subscription() const { return *subscription_; }
  [[nodiscard]] std::shared_ptr<const Subscription> shared() const { return subscription_; }
  /// Requests under way keep what they began with. One that is active anew, by a person or after a
  /// probe, begins slowly and owes no pause to what it answered before.
  void set(Subscription subscription);

  // What waits. A sequence number is taken at most once until it is forgotten.
  /// A delivery that was published just now; false when there is no room, or it must not overtake:
  /// then it is left to the database.
  bool push_fresh(DueDelivery delivery);
  /// Deliveries read from the database; those known already are left out.
  void push_loaded(std::vector<DueDelivery> deliveries);
  /// What the next request carries: one delivery, or in batch mode as many as batch.size and
  /// batch_bytes_max allow. Fresh and loaded ones take turns, so that a backlog does not hold up
  /// what is new. Empty when nothing waits.
  [[nodiscard]] std::vector<DueDelivery> take_next();
  /// The first that take_next() would give; something must wait.
  [[nodiscard]] const DueDelivery& next() const;
  /// Those that wait are forgotten: they were cancelled, or their settings changed.
  void clear_waiting();
  /// Its attempt was written: it may be loaded again.
  void forget(std::int64_t sequence) { known_.erase(sequence); }
  /// The same, for one that no batch takes with others any more: the receiver refused a batch as a
  /// whole, and only alone it can say which event it meant.
  void forget_but_send_alone(std::int64_t sequence) {
    known_.erase(sequence);
    alone_.insert(sequence);
  }
  /// The same, for one that is finished.
  void forget_for_good(std::int64_t sequence) {
    known_.erase(sequence);
    alone_.erase(sequence);
  }
  [[nodiscard]] bool waiting() const { return !fresh_.empty() || !loaded_.empty(); }
  [[nodiscard]] std::size_t room() const;

  // What is under way.
  /// May another request begin now? By state, requests under way, rate limit and Retry-After; not
  /// by what waits.
  [[nodiscard]] bool may_start(const Clock& clock) const;
  /// A request under way, which is judged as what it was when it began.
  struct Request {
    Mode mode = Mode::realtime;
    std::vector<DueDelivery> deliveries{};  ///< At least one.
    std::chrono::milliseconds timeout{};
    std::int64_t lease = 0;  ///< Shared states: the epoch of the lease that it was sent under.
  };
  void started(Request request, SteadyTime now);
  /// The request that came back; its place is free. Nullopt when it is unknown.
  [[nodiscard]] std::optional<Request> ended(std::int64_t first_sequence);
  void succeeded();
  void failed();
  [[nodiscard]] std::size_t in_flight() const { return under_way_.size(); }
  /// The longest timeout of those under way.
  [[nodiscard]] std::chrono::milliseconds longest_timeout() const;
  [[nodiscard]] std::vector<std::int64_t> sequences_in_flight() const;
  /// Retry-After.
  void hold_until(SteadyTime time);
  /// When may_start() can change by itself: rate limit, Retry-After, probe.
  [[nodiscard]] std::optional<WallTime> opens_at(const Clock& clock) const;

  /// Batch mode: counts one that was published; true when that makes a full batch.
  [[nodiscard]] bool gather() { return gathered(gathered_ + 1); }
  /// The same, with what the database holds for a later batch: other hubs publish too, and an
  /// earlier process did.
  [[nodiscard]] bool gathered(std::int64_t count);

  // What the database may hold beyond memory.
  bool backlog = true;                 ///< Due rows may be there.
  std::optional<WallTime> next_due{};  ///< The earliest row that is not due yet.
  WallTime loaded_due{};               ///< Loading goes on behind this one.
  std::int64_t loaded_sequence = 0;
  std::int64_t published_upto = 0;  ///< Shared states: the next number, as last seen.
  /// Since times were last doubted somebody published, whose clock may be ahead.
  bool is_published_by_others = false;

 private:
  [[nodiscard]] std::size_t slots() const;
  [[nodiscard]] bool takes_loaded() const {
    return fresh_.empty() || (!loaded_.empty() && loaded_turn_);
  }
  [[nodiscard]] SteadyTime held_until() const { return std::max(hold_until_, pace_until_); }

  std::shared_ptr<const Subscription> subscription_;
  std::size_t window_max_;
  std::deque<DueDelivery> fresh_;
  std::deque<DueDelivery> loaded_;
  std::set<std::int64_t> known_;               ///< Waiting, under way, or not yet written.
  std::set<std::int64_t> alone_;               ///< Not to be sent with others.
  std::map<std::int64_t, Request> under_way_;  ///< By first sequence.
  double slots_;
  std::int64_t gathered_ = 0;
  bool loaded_turn_ = false;
  // By the steady clock: setting the other one neither stops an endpoint nor lets it be run over.
  double tokens_ = 1;  ///< Of the rate limit's bucket.
  SteadyTime tokens_at_{};
  SteadyTime hold_until_{};
  SteadyTime pace_until_{};
};

}  // namespace tidemark::relay
