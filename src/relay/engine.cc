#include "relay/engine.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "relay/batch.h"
#include "relay/event_id.h"
#include "relay/lane.h"
#include "relay/transaction.h"

namespace tidemark::relay {
namespace {

/// Attempts with the short timeout: those that make up the promised five seconds.
constexpr std::int64_t fast_attempts = 4;
/// Rows read from the database at once.
constexpr std::int64_t load_max = 256;
/// A pass over what is due that did not begin at the front is made again after so long.
constexpr std::chrono::seconds recheck{1};
/// The database is asked again after so long.
constexpr std::chrono::milliseconds outage_pause{500};

void add_up(HubCounters& sum, const HubCounters& more) {
  sum.published += more.published;
  sum.duplicates += more.duplicates;
  sum.delivered += more.delivered;
  sum.failed_attempts += more.failed_attempts;
  sum.parked += more.parked;
}

/// The database takes nothing now, whatever it is given.
bool is_outage(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
         error.kind == ErrorKind::no_space;
}

}  // namespace

Engine::Engine(Store& store, Sender& sender, const Clock& clock, Random& random,
               EngineOptions options, std::function<void(AttemptDone)> done)
    : store_(store),
      sender_(sender),
      clock_(clock),
      random_(random),
      options_(options),
      done_(std::move(done)) {}

Engine::~Engine() = default;

Result<void> Engine::start() {
  Result<std::vector<Subscription>> all = store_.subscriptions();
  if (!all) return fail(std::move(all));
  for (Subscription& subscription : *all) {
    const std::string id = subscription.id;
    lanes_[id] = std::make_unique<Lane>(std::move(subscription), options_.window_max);
    touch(id);
  }
  if (store_.shared())
    leases_ = std::make_unique<Leases>(make_ulid(clock_.wall(), random_), clock_);
  attend_all();
  return {};
}

void Engine::turn(Turn turn) {
  take(std::move(turn.attempts));
  const bool something = !turn.publishes.empty() || !turn.changes.empty() || !unwritten_.empty();
  if (something && write(turn)) retry_at_.reset();
  attend_all();
}

void Engine::take(std::vector<AttemptDone> attempts) {
  for (AttemptDone& attempt : attempts) {
    const auto lane = lanes_.find(attempt.subscription_id);
    if (lane == lanes_.end()) continue;  // Deleted in the meantime; its deliveries are cancelled.
    std::vector<DueDelivery> deliveries = lane->second->ended(attempt.sequence);
    if (deliveries.empty()) continue;
    touch(attempt.subscription_id);
    unwritten_.push_back({.subscription_id = std::move(attempt.subscription_id),
                          .deliveries = std::move(deliveries),
                          .result = std::move(attempt.result)});
  }
}

bool Engine::write(Turn& turn) {
  std::vector<Result<Published>> published;
  std::vector<Result<void>> changed;
  if (Result<void> written = write_together(turn, published, changed); !written) {
    if (is_outage(written.error())) {
      report(written.error());
      refuse(turn, written.error());
      retry_at_ = clock_.wall() + outage_pause;
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
  Transaction transaction;
  transaction_ = &transaction;
  Result<void> done = store_.begin();
  if (done) done = follow_subscriptions();
  for (std::size_t i = 0; done && i < unwritten_.size(); ++i) done = write_outcome(unwritten_[i]);
  for (std::size_t i = 0; done && i < turn.publishes.size(); ++i) {
    Result<Published> one = publish(turn.publishes[i].request);
    // What is refused wrote nothing; what the database refused spoils the whole transaction.
    if (!one && one.error().kind != ErrorKind::rejected)
      done = fail(one.error());
    else
      published.push_back(std::move(one));
  }
  for (std::size_t i = 0; done && i < turn.changes.size(); ++i) {
    Result<void> one = turn.changes[i].work(*this);
    if (!one && one.error().kind != ErrorKind::rejected && one.error().kind != ErrorKind::not_found)
      done = std::move(one);
    else
      changed.push_back(std::move(one));
  }
  if (done) done = commit(transaction);
  transaction_ = nullptr;
  if (!done) {
    store_.rollback();
    ++counters_.commit_failures;
    return done;
  }
  unwritten_.clear();
  return {};
}

Result<void> Engine::commit(Transaction& transaction) {
  for (auto& [id, draft] : transaction.drafts) {
    if (draft.removed) continue;
    if (draft.sequence_changed)
      if (Result<void> set = store_.set_next_sequence(id, draft.subscription.next_sequence); !set)
        return set;
    if (draft.state_changed)
      if (Result<void> set = store_.update_state(draft.subscription); !set) return set;
  }
  if (transaction.subscriptions_changed)
    if (Result<void> counted = store_.count_change(Store::Change::subscriptions); !counted)
      return counted;
  if (transaction.deliveries_changed)
    if (Result<void> counted = store_.count_change(Store::Change::deliveries); !counted)
      return counted;
  if (Result<void> committed = store_.commit(); !committed) return committed;

  ++counters_.commits;
  add_up(counters_, transaction.counters);
  for (auto& [id, draft] : transaction.drafts) {
    touch(id);
    if (draft.removed) {
      lanes_.erase(id);
    } else if (const auto lane = lanes_.find(id); lane != lanes_.end()) {
      const bool idle = draft.subscription.state != SubscriptionState::active;
      lane->second->set(std::move(draft.subscription));
      if (idle) lane->second->clear_waiting();
    } else {
      lanes_[id] = std::make_unique<Lane>(std::move(draft.subscription), options_.window_max);
      if (leases_) {
        leases_->hurry();
        look_at_.reset();
      }
    }
  }
  for (auto& [id, delivery] : transaction.fresh) hand_over(id, std::move(delivery));
  for (const std::function<void()>& effect : transaction.after_commit) effect();
  return {};
}

void Engine::hand_over(const std::string& id, DueDelivery delivery) {
  const auto found = lanes_.find(id);
  if (found == lanes_.end()) return;
  Lane& lane = *found->second;
  if (!may_send(id)) {
    lane.backlog = true;  // Another hub sends it; if this one takes over, it asks the database.
  } else if (lane.subscription().settings.mode == Mode::batch) {
    if (lane.gather()) full_batches_.insert(id);
    if (!lane.next_due || delivery.due_at < *lane.next_due) lane.next_due = delivery.due_at;
  } else if (!lane.push_fresh(std::move(delivery))) {
    lane.backlog = true;
  }
}

/// One of them is to blame: each gets a transaction of its own.
void Engine::write_apart(Turn& turn) {
  const auto attempt = [this](auto work) -> Result<void> {
    Transaction transaction;
    transaction_ = &transaction;
    Result<void> done = store_.begin();
    if (done) done = follow_subscriptions();
    if (done) done = work();
    if (done) done = commit(transaction);
    transaction_ = nullptr;
    if (!done) store_.rollback();
    return done;
  };
  std::vector<Ended> left;
  for (Ended& ended : std::exchange(unwritten_, {})) {
    const Result<void> written = attempt([&] { return write_outcome(ended); });
    if (written) continue;
    report(written.error());
    left.push_back(std::move(ended));
  }
  unwritten_ = std::move(left);
  if (!unwritten_.empty()) retry_at_ = clock_.wall() + outage_pause;
  for (PublishTask& task : turn.publishes) {
    Result<Published> published;
    const Result<void> written = attempt([&]() -> Result<void> {
      published = publish(task.request);
      if (!published) return fail(published.error());
      return {};
    });
    if (!written) published = fail(written.error());
    task.answer(std::move(published));
  }
  for (ChangeTask& task : turn.changes) task.answer(attempt([&] { return task.work(*this); }));
}

void Engine::refuse(Turn& turn, const Error& error) {
  for (PublishTask& task : turn.publishes) task.answer(fail(error));
  for (ChangeTask& task : turn.changes) task.answer(fail(error));
}

void Engine::report(const Error& error) {
  if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout) store_.disconnect();
  log_line(LogLevel::error, "relay: " + error.what.en);
}

void Engine::attend_all() {
  const WallTime now = clock_.wall();
  if (retry_at_ && now < *retry_at_) return;
  retry_at_.reset();
  follow_others();
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    touch(wakes_.begin()->second);
    wake_of_.erase(wakes_.begin()->second);
    wakes_.erase(wakes_.begin());
  }
  std::set<std::string> hot = std::exchange(hot_, {});
  while (!hot.empty() && !retry_at_) {
    const auto next = hot.extract(hot.begin());
    if (const auto lane = lanes_.find(next.value()); lane != lanes_.end()) attend(*lane->second);
  }
  hot_.merge(hot);  // The database is away: the rest waits for it.
}

void Engine::attend(Lane& lane) {
  const std::string& id = lane.subscription().id;
  const WallTime now = clock_.wall();
  const SubscriptionState state = lane.subscription().state;
  if (draining_ || state == SubscriptionState::paused || state == SubscriptionState::disabled ||
      !may_send(id))
    return;
  if (full_batches_.contains(id)) {
    Result<void> due = store_.connect();
    if (due) due = store_.make_due(id, now);
    if (!due) return wait_for_database(id, due.error());
    full_batches_.erase(id);
    lane.backlog = true;
  }
  if (lane.next_due && *lane.next_due <= now) {
    lane.next_due.reset();
    lane.backlog = true;
  }
  while (lane.may_start(now)) {
    if (!lane.waiting()) {
      if (!lane.backlog || lane.room() == 0) break;
      if (Result<void> loaded = load(lane); !loaded) return wait_for_database(id, loaded.error());
      continue;
    }
    send_next(lane);
  }
  if (lane.waiting() || (lane.backlog && lane.room() > 0)) {
    if (const auto opens = lane.opens_at(now)) wake_lane_at(id, *opens);
  } else if (lane.next_due) {
    wake_lane_at(id, *lane.next_due);
  }
}

void Engine::wait_for_database(const std::string& id, const Error& error) {
  report(error);
  retry_at_ = clock_.wall() + outage_pause;
  touch(id);
}

Result<void> Engine::load(Lane& lane) {
  const Subscription& subscription = lane.subscription();
  const WallTime now = clock_.wall();
  // A probe takes what comes first, due or not.
  const bool probing = subscription.state == SubscriptionState::probing;
  const WallTime upto = probing ? WallTime::max() : now;
  const std::int64_t limit =
      probing ? 1 : std::min(load_max, static_cast<std::int64_t>(lane.room()));
  if (Result<void> connected = store_.connect(); !connected) return connected;
  Result<std::vector<DueDelivery>> rows =
      store_.due(subscription.id, upto, lane.loaded_due, lane.loaded_sequence, limit);
  if (!rows) return fail(std::move(rows));
  const bool drained = std::cmp_less(rows->size(), limit);
  if (drained) {
    // A pass that began further on may have missed rows of a clock that was set back since.
    const bool whole = lane.loaded_due == WallTime{};
    lane.backlog = false;
    lane.loaded_due = {};
    lane.loaded_sequence = 0;
    Result<std::optional<WallTime>> next = store_.next_due(subscription.id, now);
    if (!next) return fail(std::move(next));
    lane.next_due = *next;
    if (!whole) lane.next_due = std::min(lane.next_due.value_or(WallTime::max()), now + recheck);
  } else {
    lane.loaded_due = rows->back().due_at;
    lane.loaded_sequence = rows->back().sequence;
  }
  lane.push_loaded(std::move(*rows));
  return {};
}

void Engine::send_next(Lane& lane) {
  const std::shared_ptr<const Subscription> subscription = lane.shared();
  const SubscriptionSettings& settings = subscription->settings;
  std::vector<DueDelivery> deliveries;
  const auto most =
      settings.mode == Mode::batch ? static_cast<std::size_t>(settings.batch.size) : std::size_t{1};
  while (deliveries.size() < most) {
    std::optional<DueDelivery> next = lane.pop();
    if (!next) break;
    deliveries.push_back(std::move(*next));
  }
  const DueDelivery& first = deliveries.front();
  const WallTime now = clock_.wall();
  AttemptRequest request{.subscription = subscription,
                         .webhook_id = first.event->id,
                         .body = first.event->body,
                         .source_system = first.event->source_system,
                         .attempt = first.attempts + 1,
                         .sequence = first.sequence,
                         .timeout = first.attempts < fast_attempts
                                        ? std::min(settings.fast_timeout, settings.timeout)
                                        : settings.timeout};
  if (settings.mode == Mode::batch) {
    request.webhook_id = make_event_id(now, random_);
    request.body = std::make_shared<const std::string>(batch_body(deliveries));
  } else {
    request.delivery_id = DeliveryKey{subscription->id, first.sequence}.text();
  }
  const std::int64_t sequence = first.sequence;
  lane.started(sequence, std::move(deliveries), now);
  sender_.send(std::move(request),
               [done = done_, id = subscription->id, sequence](AttemptResult result) {
                 done({.subscription_id = id, .sequence = sequence, .result = std::move(result)});
               });
}

void Engine::wake_lane_at(const std::string& id, WallTime time) {
  if (const auto before = wake_of_.find(id); before != wake_of_.end()) {
    wakes_.erase({before->second, id});
    wake_of_.erase(before);
  }
  wakes_.emplace(time, id);
  wake_of_[id] = time;
}

std::optional<WallTime> Engine::next_wake() const {
  if (retry_at_) return retry_at_;
  if (!hot_.empty()) return clock_.wall();
  if (wakes_.empty()) return look_at_;
  return look_at_ ? std::min(*look_at_, wakes_.begin()->first) : wakes_.begin()->first;
}

std::size_t Engine::in_flight() const {
  std::size_t sum = 0;
  for (const auto& [id, lane] : lanes_) sum += lane->in_flight();
  return sum;
}

std::vector<DeliveryKey> Engine::delivering() const {
  std::vector<DeliveryKey> keys;
  for (const auto& [id, lane] : lanes_)
    for (const std::int64_t sequence : lane->sequences_in_flight()) keys.push_back({id, sequence});
  return keys;
}

}  // namespace tidemark::relay
