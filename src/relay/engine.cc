#include "relay/engine.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "relay/event_id.h"
#include "relay/lane.h"
#include "relay/transaction.h"

namespace tidemark::relay {
namespace {

/// A transaction that was broken off is tried so often: a deadlock's victim succeeds the next time.
constexpr int tries_max = 3;

void add_up(HubCounters& sum, const HubCounters& more) {
  sum.published += more.published;
  sum.duplicates += more.duplicates;
  sum.delivered += more.delivered;
  sum.failed_attempts += more.failed_attempts;
  sum.parked += more.parked;
  sum.lost_attempts += more.lost_attempts;
  sum.latency.add(more.latency);
}

/// An outcome that the database refuses is tried again after 1 s, 2 s, 4 s, … up to this.
constexpr std::chrono::seconds refused_pause_max{300};

}  // namespace

Engine::Engine(Store& store, Sender& sender, const Clock& clock, Random& random,
               EngineOptions options, std::function<void(AttemptDone)> done)
    : store_(store),
      sender_(sender),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      done_(std::move(done)) {}

Engine::~Engine() = default;

Result<void> Engine::start() {
  if (store_.shared())
    leases_ = std::make_unique<Leases>(make_ulid(clock_.wall(), random_), clock_,
                                       [this] { return store_.server_now(); });
  if (Result<void> read = reload(); !read) return read;
  distrust_times();
  pull_in_probes();
  attend_all();
  return {};
}

bool Engine::is_outage(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
         error.kind == ErrorKind::no_space;
}

void Engine::turn(Turn turn) {
  follow_clock();
  take(std::move(turn.attempts));
  const bool something = !turn.publishes.empty() || !turn.changes.empty() || !unwritten_.empty();
  if (something && write(turn)) retry_at_.reset();
  write_refused();
  work_off();
  pull_in_probes();
  attend_all();
}

void Engine::take(std::vector<AttemptDone> attempts) {
  for (AttemptDone& attempt : attempts) {
    auto lane = lanes_.find(attempt.subscription_id);
    const bool deleted = lane == lanes_.end();
    if (deleted) lane = deleted_.find(attempt.subscription_id);
    if (lane == (deleted ? deleted_.end() : lanes_.end())) continue;
    std::optional<Lane::Request> request = lane->second->ended(attempt.sequence);
    if (deleted && lane->second->in_flight() == 0) deleted_.erase(lane);
    if (!request) continue;
    touch(attempt.subscription_id);
    unwritten_.push_back({.subscription_id = std::move(attempt.subscription_id),
                          .request = std::move(*request),
                          .result = std::move(attempt.result)});
  }
}

bool Engine::write(Turn& turn) {
  std::vector<Result<Published>> published;
  std::vector<Result<void>> changed;
  if (Result<void> written = write_together(turn, published, changed); !written) {
    if (is_outage(written.error())) {
      wait_for_database(written.error());
      refuse(turn, written.error());
      return false;
    }
    write_apart(turn);
    return unwritten_.empty();
  }
  for (std::size_t i = 0; i < published.size(); ++i)
    turn.publishes[i].answer(std::move(published[i]));
  for (std::size_t i = 0; i < changed.size(); ++i) turn.changes[i].answer(std::move(changed[i]));
  return true;
}

Result<void> Engine::write_together(Turn& turn, std::vector<Result<Published>>& published,
                                    std::vector<Result<void>>& changed) {
  if (store_.shared())
    std::ranges::sort(unwritten_, {}, [](const Ended& one) {
      return std::tie(one.subscription_id, one.result.started_at);
    });
  const Scope scope{
      .ended = unwritten_, .publishes = turn.publishes, .by_hand = !turn.changes.empty()};
  Result<void> done = in_transaction(scope, [&]() -> Result<void> {
    published.clear();
    changed.clear();
    if (gathers()) store_.gather();
    for (const Ended& ended : unwritten_)
      if (Result<void> written = write_outcome(ended); !written) return written;
    if (Result<void> known = look_up_published(turn); !known) return known;
    for (PublishTask& task : turn.publishes) {
      Result<Published> one = publish(task.request);
      // What is refused wrote nothing; what the database refused spoils the whole transaction.
      if (!one && one.error().kind != ErrorKind::rejected) return fail(std::move(one));
      published.push_back(std::move(one));
    }
    if (Result<void> written = store_.write_gathered(); !written) return written;
    for (ChangeTask& task : turn.changes) {
      Result<void> one = task.work(*this);
      if (!one && one.error().kind != ErrorKind::rejected &&
          one.error().kind != ErrorKind::not_found)
        return one;
      changed.push_back(std::move(one));
    }
    return {};
  });
  if (done)
    unwritten_.clear();
  else
    ++counters_.commit_failures;
  return done;
}

Result<void> Engine::look_up_published(const Turn& turn) {
  if (!gathers() || turn.publishes.size() < 2) return {};
  std::vector<const Publication*> publications;
  publications.reserve(turn.publishes.size());
  for (const PublishTask& task : turn.publishes) publications.push_back(&task.request.publication);
  if (Result<void> known = store_.look_up_versions(publications); !known) return known;
  return store_.look_up_vouchers(publications);
}

Result<void> Engine::in_transaction(const Scope& scope, const std::function<Result<void>()>& work) {
  Result<void> done = try_transaction(scope, work);
  for (int tries = 1; tries < tries_max; ++tries) {
    if (done || done.error().kind != ErrorKind::timeout) return done;
    log_line(LogLevel::info, "relay: a transaction is done again: " + done.error().what.en);
    done = try_transaction(scope, work);
  }
  return done;
}

Result<void> Engine::try_transaction(const Scope& scope,
                                     const std::function<Result<void>()>& work) {
  Transaction transaction{.at = clock_.wall()};
  transaction_ = &transaction;
  Result<void> done = store_.in_transaction([&]() -> Result<void> {
    Result<void> step = take_locks(scope);
    if (step) step = work();
    if (step) step = store_drafts(transaction);
    return step;
  });
  transaction_ = nullptr;
  if (done) {
    tell_back();
    take_effect(transaction);
  }
  return done;
}

Result<void> Engine::store_drafts(const Transaction& transaction) {
  for (const auto& [id, draft] : transaction.drafts) {
    if (draft.removed) continue;
    if (draft.sequence_changed)
      if (Result<void> set = store_.set_next_sequence(id, draft.subscription.next_sequence); !set)
        return set;
    Result<void> set;
    if (draft.state_changed)
      set = store_.update_state(draft.subscription);
    else if (draft.failures_changed)
      set = store_.update_failures(draft.subscription);
    if (!set) return set;
  }
  if (transaction.last_voucher_id)
    if (Result<void> set = store_.set_last_voucher_id(*transaction.last_voucher_id); !set)
      return set;
  if (transaction.subscriptions_changed)
    if (Result<void> counted = store_.count_change(Store::Change::subscriptions); !counted)
      return counted;
  return transaction.deliveries_changed ? store_.count_change(Store::Change::deliveries)
                                        : Result<void>{};
}

void Engine::take_effect(Transaction& transaction) {
  ++counters_.commits;
  add_up(counters_, transaction.counters);
  const bool for_others = transaction.subscriptions_changed || transaction.deliveries_changed ||
                          std::ranges::any_of(transaction.drafts, [this](const auto& entry) {
                            return !entry.second.fresh.empty() && !may_send(entry.first);
                          });
  if (for_others && leases_ && options_.tell_others) options_.tell_others();
  for (auto& [id, draft] : transaction.drafts) {
    touch(id);
    if (draft.removed) {
      drop_lane(id);
      continue;
    }
    Lane& lane = set_lane(std::move(draft.subscription));
    for (DueDelivery& delivery : draft.fresh) hand_over(lane, std::move(delivery));
    for (const Draft::Settled& settled : draft.settled) {
      if (settled.alone)
        lane.forget_but_send_alone(settled.sequence);
      else if (settled.due_at)
        lane.forget(settled.sequence);
      else
        lane.forget_for_good(settled.sequence);
      if (settled.look) lane.backlog = true;
      if (settled.due_at)
        lane.next_due = std::min(lane.next_due.value_or(*settled.due_at), *settled.due_at);
    }
    for (const Draft::Answered& answered : draft.answered) {
      if (answered.good) lane.succeeded();
      if (answered.failed) lane.failed();
      if (answered.hold) lane.hold_until(clock_.steady() + *answered.hold);
    }
  }
  for (const std::function<void()>& effect : transaction.after_commit) effect();
}

void Engine::drop_lane(const std::string& id) {
  auto lane = lanes_.extract(id);
  if (!lane.empty() && lane.mapped()->in_flight() > 0) deleted_.insert(std::move(lane));
}

Lane& Engine::set_lane(Subscription subscription) {
  std::unique_ptr<Lane>& lane = lanes_[subscription.id];
  touch(subscription.id);
  if (lane == nullptr) {
    lane = std::make_unique<Lane>(std::move(subscription), options_.window_max);
    if (leases_ != nullptr) {
      leases_->hurry();
      look_at_.reset();
    }
    return *lane;
  }
  const bool idle = subscription.state != SubscriptionState::active;
  lane->set(std::move(subscription));
  if (idle) lane->clear_waiting();
  return *lane;
}

/// One of them is to blame: each gets a transaction of its own.
void Engine::write_apart(Turn& turn) {
  for (Ended& ended : std::exchange(unwritten_, {})) {
    const Result<void> written = write_alone(ended);
    if (written) continue;
    if (is_outage(written.error())) {
      wait_for_database(written.error());
      unwritten_.push_back(std::move(ended));
    } else {
      report(written.error());
      set_apart(std::move(ended), 0);
    }
  }
  for (PublishTask& task : turn.publishes) {
    Result<Published> published;
    const Scope scope{.publishes = std::span(&task, 1)};
    const Result<void> written = in_transaction(scope, [&]() -> Result<void> {
      published = publish(task.request);
      if (!published) return fail(published.error());
      return {};
    });
    if (!written) published = fail(written.error());
    task.answer(std::move(published));
  }
  for (ChangeTask& task : turn.changes)
    task.answer(in_transaction({.by_hand = true}, [&] { return task.work(*this); }));
}

Result<void> Engine::write_alone(Ended& ended) {
  return in_transaction({.ended = std::span(&ended, 1)}, [&] { return write_outcome(ended); });
}

void Engine::set_apart(Ended ended, std::int64_t tries) {
  const std::chrono::seconds pause =
      tries > 8 ? refused_pause_max
                : std::min(refused_pause_max, std::chrono::seconds(std::int64_t{1} << tries));
  refused_.push_back(
      {.ended = std::move(ended), .tries = tries + 1, .again_at = clock_.steady() + pause});
}

void Engine::write_refused() {
  if (refused_.empty() || retry_at_) return;
  for (Refused& one : std::exchange(refused_, {})) {
    if (retry_at_ || clock_.steady() < one.again_at) {
      refused_.push_back(std::move(one));
      continue;
    }
    const Result<void> written = write_alone(one.ended);
    if (written) continue;
    if (is_outage(written.error()))
      wait_for_database(written.error());
    else
      report(written.error());
    set_apart(std::move(one.ended), one.tries);
  }
}

void Engine::refuse(Turn& turn, const Error& error) {
  for (PublishTask& task : turn.publishes) task.answer(fail(error));
  for (ChangeTask& task : turn.changes) task.answer(fail(error));
}

void Engine::report(const Error& error) {
  if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout) store_.disconnect();
  // An outage is told once, not every time that the database is asked whether it is back.
  if (is_outage(error) && std::exchange(away_, true)) return;
  log_line(LogLevel::error, "relay: " + error.what.en);
}

void Engine::tell_back() {
  if (std::exchange(away_, false)) log_line(LogLevel::info, "relay: the state database is back");
}

void Engine::wait_for_database(const Error& error) {
  report(error);
  retry_at_ = clock_.wall() + options_.outage_pause;
}

std::optional<WallTime> Engine::next_wake() const {
  if (retry_at_) return retry_at_;
  if (!hot_.empty() || (leases_ && !look_at_)) return clock_.wall();
  std::optional<WallTime> next = look_at_;
  const auto not_later_than = [&next](WallTime time) {
    next = std::min(next.value_or(time), time);
  };
  if (next_work() != nullptr)
    not_later_than(clock_.wall() + std::chrono::ceil<std::chrono::microseconds>(std::max(
                                       work_off_at_ - clock_.steady(), SteadyTime::duration{})));
  if (!wakes_.empty()) not_later_than(wakes_.begin()->first);
  for (const Refused& one : refused_)
    not_later_than(clock_.wall() +
                   std::chrono::ceil<std::chrono::microseconds>(one.again_at - clock_.steady()));
  return next;
}

std::size_t Engine::in_flight() const {
  std::size_t sum = 0;
  for (const auto& [id, lane] : lanes_) sum += lane->in_flight();
  for (const auto& [id, lane] : deleted_) sum += lane->in_flight();
  return sum;
}

std::vector<DeliveryKey> Engine::delivering() const {
  std::vector<DeliveryKey> keys;
  for (const auto& [id, lane] : lanes_)
    for (const std::int64_t sequence : lane->sequences_in_flight()) keys.push_back({id, sequence});
  return keys;
}

}  // namespace tidemark::relay
