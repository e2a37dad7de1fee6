#include <utility>

#include "base/check.h"
#include "relay/backlog_work.h"
#include "relay/batch_time.h"
#include "relay/engine.h"
#include "relay/lane.h"
#include "relay/transaction.h"

// What people change: subscriptions, and deliveries by hand. All inside a transaction.
namespace tidemark::relay {

Subscription* Engine::draft(const std::string& id) {
  check(transaction_ != nullptr, "changes happen inside a transaction");
  if (const auto known = transaction_->drafts.find(id); known != transaction_->drafts.end())
    return known->second.removed ? nullptr : &known->second.subscription;
  const auto lane = lanes_.find(id);
  if (lane == lanes_.end()) return nullptr;
  return &transaction_->drafts.try_emplace(id, Draft{lane->second->subscription()})
              .first->second.subscription;
}

const Subscription* Engine::subscription(const std::string& id) const {
  if (transaction_ != nullptr)
    if (const auto known = transaction_->drafts.find(id); known != transaction_->drafts.end())
      return known->second.removed ? nullptr : &known->second.subscription;
  const auto lane = lanes_.find(id);
  return lane == lanes_.end() ? nullptr : &lane->second->subscription();
}

std::vector<const Subscription*> Engine::subscriptions() const {
  std::vector<const Subscription*> list;
  list.reserve(lanes_.size());
  each_subscription([&list](const Subscription& one) { list.push_back(&one); });
  return list;
}

Result<void> Engine::add(Subscription subscription) {
  if (Result<void> stored = store_.insert(subscription); !stored) return stored;
  transaction_->subscriptions_changed = true;
  const std::string id = subscription.id;
  transaction_->drafts[id] = {.subscription = std::move(subscription)};
  return {};
}

Result<void> Engine::replace(Subscription subscription) {
  Subscription* current = draft(subscription.id);
  check(current != nullptr, "a change of a subscription that is there");
  ++subscription.version;
  subscription.updated_at = now();
  if (Result<void> stored = store_.update(subscription); !stored) return stored;
  transaction_->subscriptions_changed = true;
  const Subscription before = std::exchange(*current, std::move(subscription));
  return apply_settings(before, *current);
}

Result<void> Engine::apply_settings(const Subscription& before, const Subscription& after) {
  const SubscriptionSettings& old = before.settings;
  const SubscriptionSettings& now_set = after.settings;
  const bool other_times =
      old.mode == Mode::batch &&
      (now_set.mode != Mode::batch || old.batch.interval != now_set.batch.interval ||
       old.batch.at != now_set.batch.at || old.batch.zone != now_set.batch.zone);
  const bool other_size = old.mode == Mode::batch && old.batch.size != now_set.batch.size;
  const bool other_order = old.ordering != now_set.ordering;
  const bool other_passing = old.after_parked != now_set.after_parked;
  if (!other_times && !other_size && !other_order && !other_passing) return {};

  // What an earlier change began and this one takes back is not gone on with.
  const bool ordered = now_set.ordering == Ordering::source;
  const bool skips = now_set.after_parked == AfterParked::skip;
  const BacklogTask begin{.subscription_id = after.id, .work = BacklogWork::begin_order};
  const BacklogTask end{.subscription_id = after.id, .work = BacklogWork::end_order};
  const BacklogTask pass{.subscription_id = after.id, .work = BacklogWork::let_pass};
  Result<void> done;
  if (other_times)
    done = begin_work({.subscription_id = after.id, .work = BacklogWork::make_due},
                      now_set.mode == Mode::batch ? next_batch_time(now_set.batch, now()) : now());
  if (done && other_order) done = end_work(ordered ? end : begin);
  if (done && other_order) done = begin_work(ordered ? begin : end, now());
  if (done && other_passing) done = skips ? begin_work(pass, now()) : end_work(pass);
  if (done) look_again(after.id);
  return done;
}

Result<void> Engine::remove(const std::string& id) {
  Subscription* current = draft(id);
  check(current != nullptr, "the end of a subscription that is there");
  Result<void> done = store_.remove(*current, now());
  for (const BacklogWork work : {BacklogWork::begin_order, BacklogWork::end_order,
                                 BacklogWork::make_due, BacklogWork::let_pass})
    if (done) done = end_work({.subscription_id = id, .work = work});
  if (done) done = begin_work({.subscription_id = id, .work = BacklogWork::cancel}, now());
  if (!done) return done;
  transaction_->subscriptions_changed = true;
  transaction_->drafts.at(id).removed = true;
  return {};
}

Result<void> Engine::pause(const std::string& id) {
  Subscription* current = draft(id);
  check(current != nullptr, "a pause of a subscription that is there");
  current->state = SubscriptionState::paused;
  current->state_reason = "operator";
  current->state_since = now();
  current->probe_at.reset();
  transaction_->drafts.at(id).state_changed = true;
  transaction_->subscriptions_changed = true;
  return {};
}

Result<void> Engine::resume(const std::string& id) {
  Subscription* current = draft(id);
  check(current != nullptr, "the end of a pause of a subscription that is there");
  current->state = SubscriptionState::active;
  current->state_reason.clear();
  current->state_since = now();
  current->failures = 0;
  current->probe_at.reset();
  transaction_->drafts.at(id).state_changed = true;
  transaction_->subscriptions_changed = true;
  return {};
}

Result<bool> Engine::retry(const DeliveryKey& key) { return retry_now(key, std::nullopt); }

Result<bool> Engine::retry_if(const DeliveryKey& key, DeliveryStatus status) {
  return retry_now(key, status);
}

Result<bool> Engine::retry_now(const DeliveryKey& key, std::optional<DeliveryStatus> only) {
  const Subscription* ours = subscription(key.subscription_id);
  if (ours == nullptr) return false;
  std::optional<std::string> open_key;
  if (ours->settings.ordering == Ordering::source) {
    Result<std::optional<std::string>> of_event = store_.ordering_key_of(key);
    if (!of_event) return fail(std::move(of_event));
    open_key = std::move(*of_event);
  }
  const Result<bool> found = store_.retry_now(key, only, open_key, now());
  if (!found || !*found) return found;
  if (open_key)
    if (Result<void> lined_up = store_.line_up(key.subscription_id, *open_key); !lined_up)
      return fail(std::move(lined_up));
  look_again(key.subscription_id);
  return true;
}

Result<bool> Engine::cancel(const DeliveryKey& key) {
  const Result<bool> found = store_.cancel(key, now());
  if (found && *found) look_again(key.subscription_id);
  return found;
}

Result<void> Engine::replay(const std::string& subscription_id, const std::string& event_id) {
  if (subscription(subscription_id) == nullptr) return {};
  const Result<std::optional<std::int64_t>> existing =
      store_.delivery_of(subscription_id, event_id);
  if (!existing) return fail(existing.error());
  if (*existing) {
    const Result<bool> again = retry({subscription_id, **existing});
    if (!again) return fail(again.error());
    return {};
  }
  Result<std::shared_ptr<const Event>> event = store_.event(event_id);
  if (!event && event.error().kind == ErrorKind::not_found) return {};  // Pruned meanwhile.
  if (!event) return fail(std::move(event).error());
  return add_delivery(subscription_id, *event);
}

Result<Published> Engine::publish_to(const std::string& subscription_id,
                                     const Publication& publication) {
  const Result<History> history = history_of(publication);
  if (!history) return fail(history.error());
  const Result<Identity> identity = identity_for(publication, *history);
  if (!identity) return fail(identity.error());
  return store_new(publication, *identity, &subscription_id);
}

void Engine::look_again(const std::string& id) {
  transaction_->deliveries_changed = true;
  look_here_again(id);
}

void Engine::look_here_again(const std::string& id) {
  transaction_->after_commit.emplace_back([this, id] {
    if (const auto lane = lanes_.find(id); lane != lanes_.end()) lane->second->clear_waiting();
    touch(id);
  });
}

}  // namespace tidemark::relay
