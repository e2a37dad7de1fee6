#include <algorithm>

#include "relay/batch.h"
#include "relay/engine.h"
#include "relay/event_id.h"
#include "relay/lane.h"

// What is due, and when a lane is looked at again.
namespace tidemark::relay {
namespace {

/// Attempts with the short timeout: those that make up the promised five seconds.
constexpr std::int64_t fast_attempts = 4;
/// Rows read from the database at once.
constexpr std::int64_t load_max = 256;
/// A pass over what is due that did not begin at the front is made again after so long.
constexpr std::chrono::seconds recheck{1};
/// A lane whose rows the database cannot give is tried again after so long.
constexpr std::chrono::seconds put_off_pause{10};

std::chrono::milliseconds timeout_for(const DueDelivery& delivery,
                                      const SubscriptionSettings& settings) {
  return delivery.attempts < fast_attempts ? std::min(settings.fast_timeout, settings.timeout)
                                           : settings.timeout;
}

}  // namespace

void Engine::hand_over(Lane& lane, DueDelivery delivery) {
  const std::string& id = lane.subscription().id;
  if (!may_send(id)) {
    lane.backlog = true;  // Another hub sends it; if this one takes over, it asks the database.
  } else if (lane.subscription().settings.mode == Mode::batch) {
    if (lane.gather()) full_batches_.insert(id);
    if (!lane.next_due || delivery.due_at < *lane.next_due) lane.next_due = delivery.due_at;
  } else if (!lane.push_fresh(std::move(delivery))) {
    lane.backlog = true;
  }
}

void Engine::attend_all() {
  const WallTime now = clock_.wall();
  if (retry_at_ && now < *retry_at_) return;
  retry_at_.reset();
  follow_others();
  if (retry_at_) return;
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
  // Not before all that waits knows what it waits for.
  if (backlog_work_.contains({.subscription_id = id, .work = BacklogWork::begin_order})) return;
  if (too_late_.contains(id))
    if (Result<void> pulled = pull_in(lane); !pulled) return put_off(id, pulled.error());
  if (full_batches_.contains(id))
    if (Result<void> filled = fill_batch(lane); !filled) return put_off(id, filled.error());
  if (lane.next_due && *lane.next_due <= now) {
    lane.next_due.reset();
    lane.backlog = true;
  }
  while (lane.may_start(clock_)) {
    if (!lane.waiting()) {
      if (!lane.backlog || lane.room() == 0) break;
      if (Result<void> loaded = load(lane); !loaded) return put_off(id, loaded.error());
      continue;
    }
    // The calls of the database before may have taken long, and the machine may have slept in one.
    if (leases_ && (clock_has_moved() || !may_send(id))) return touch(id);
    if (!has_lease_for(lane)) return;  // It is looked at again once the lease is renewed.
    send_next(lane);
  }
  if (lane.waiting() || (lane.backlog && lane.room() > 0)) {
    if (const auto opens = lane.opens_at(clock_)) wake_lane_at(id, *opens);
  } else if (lane.next_due) {
    wake_lane_at(id, *lane.next_due);
  }
}

void Engine::put_off(const std::string& id, const Error& error) {
  if (is_outage(error)) {
    wait_for_database(error);
    touch(id);
    return;
  }
  report(error);
  wake_lane_at(id, clock_.wall() + put_off_pause);
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
    if (subscription.settings.mode == Mode::batch)
      if (Result<void> counted = count_gathered(lane); !counted) return counted;
    if (lane.next_due && std::exchange(lane.is_published_by_others, false))
      if (Result<void> doubted = doubt_times_of_others(lane); !doubted) return doubted;
    if (!whole) lane.next_due = std::min(lane.next_due.value_or(WallTime::max()), now + recheck);
  } else {
    lane.loaded_due = rows->back().due_at;
    lane.loaded_sequence = rows->back().sequence;
  }
  lane.push_loaded(std::move(*rows));
  return {};
}

Result<void> Engine::count_gathered(Lane& lane) {
  const Subscription& subscription = lane.subscription();
  const WallTime now = clock_.wall();
  const Result<std::int64_t> waiting =
      lane.next_due ? store_.count_later(subscription.id, now, subscription.settings.batch.size)
                    : Result<std::int64_t>(0);
  if (!waiting) return fail(waiting.error());
  if (!lane.gathered(*waiting)) return {};
  return fill_batch(lane);
}

Result<void> Engine::fill_batch(Lane& lane) {
  const std::string& id = lane.subscription().id;
  const WallTime now = clock_.wall();
  if (Result<void> connected = store_.connect(); !connected) return connected;
  const Result<bool> more = store_.make_due(id, now, now, options_.piece_rows);
  if (!more) return fail(more.error());
  lane.backlog = true;
  // What waited while the subscription was paused may be long: the rest in the next turn.
  if (*more) {
    full_batches_.insert(id);
    touch(id);
  } else {
    full_batches_.erase(id);
  }
  return {};
}

bool Engine::has_lease_for(const Lane& lane) {
  if (leases_ == nullptr) return true;
  const std::string& id = lane.subscription().id;
  const auto timeout = timeout_for(lane.next(), lane.subscription().settings);
  if (leases_->outlives(id, timeout)) return true;
  requests_wanted_[id] = timeout;
  leases_->hurry();
  look_at_.reset();
  return false;
}

void Engine::send_next(Lane& lane) {
  const std::shared_ptr<const Subscription> subscription = lane.shared();
  const SubscriptionSettings& settings = subscription->settings;
  std::vector<DueDelivery> deliveries = lane.take_next();
  const DueDelivery& first = deliveries.front();
  const WallTime now = clock_.wall();
  AttemptRequest request{.subscription = subscription,
                         .webhook_id = first.event->id,
                         .body = first.event->body,
                         .source_system = first.event->source_system,
                         .delivery_id = DeliveryKey{subscription->id, first.sequence}.text(),
                         .attempt = first.attempts + 1,
                         .sequence = first.sequence,
                         .timeout = timeout_for(first, settings)};
  if (settings.mode == Mode::batch) {
    request.webhook_id = make_event_id(now, random_);
    request.body = std::make_shared<const std::string>(batch_body(deliveries));
  }
  const std::int64_t sequence = first.sequence;
  lane.started({.mode = settings.mode,
                .deliveries = std::move(deliveries),
                .timeout = request.timeout,
                .lease = leases_ ? leases_->epoch(subscription->id) : 0},
               clock_.steady());
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

}  // namespace tidemark::relay
