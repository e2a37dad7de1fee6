#include <algorithm>

#include "relay/engine.h"
#include "relay/lane.h"
#include "relay/transaction.h"
#include "relay/verdict.h"

// Several hubs on one state: leases, and what the others did.
namespace tidemark::relay {

bool Engine::may_send(const std::string& id) const {
  return leases_ == nullptr || leases_->may_send(id);
}

Result<void> Engine::take_locks(const Scope& scope) {
  if (!store_.shared()) return {};
  const auto keeps = [this](const Ended& ended) { return keeps_state(ended); };
  // One hub publishes at a time. Versions count through all event types of a source, and no key of
  // the database keeps two hubs from giving the same one to two types. The count of vouchers, which
  // most publications need anyway, is what they line up for.
  if (scope.by_hand || !scope.publishes.empty())
    if (const Result<std::int64_t> locked = store_.last_voucher_id(); !locked)
      return fail(locked.error());
  const bool changes = scope.by_hand || !std::ranges::all_of(scope.ended, keeps);
  if (Result<void> read = follow_subscriptions(changes ? RowLock::own : RowLock::shared); !read)
    return read;
  std::set<std::string> ids;
  for (const Ended& ended : scope.ended) {
    const Subscription* ours = subscription(ended.subscription_id);
    if (ours != nullptr && (ours->settings.ordering == Ordering::source || !keeps(ended)))
      ids.insert(ours->id);
  }
  for (const PublishTask& task : scope.publishes)
    each_subscription([&](const Subscription& one) {
      if (one.wants(task.request.publication)) ids.insert(one.id);
    });
  auto sequences = store_.lock_sequences(ids);
  if (!sequences) return fail(std::move(sequences));
  transaction_->sequences = std::move(*sequences);
  return {};
}

bool Engine::keeps_state(const Ended& ended) const {
  const Subscription* ours = subscription(ended.subscription_id);
  return ours == nullptr || (ours->state == SubscriptionState::active && ours->failures == 0 &&
                             judge(ended.result).outcome == Outcome::delivered);
}

Result<bool> Engine::holds_lease(const Ended& ended) {
  auto& known = transaction_->leases;
  auto lease = known.find(ended.subscription_id);
  if (lease == known.end()) {
    const Result<std::int64_t> held =
        leases_->held_epoch(store_.connection(), ended.subscription_id);
    if (!held) return fail(held.error());
    lease = known.emplace(ended.subscription_id, *held).first;
  }
  return lease->second != 0 && lease->second == ended.request.lease;
}

Result<std::int64_t> Engine::locked_sequence(const std::string& subscription_id) {
  auto known = transaction_->sequences.find(subscription_id);
  if (known == transaction_->sequences.end()) {
    auto locked = store_.lock_sequences({subscription_id});
    if (!locked) return fail(std::move(locked));
    transaction_->sequences.merge(*locked);
    known = transaction_->sequences.find(subscription_id);
  }
  if (known == transaction_->sequences.end())
    return fail(ErrorKind::not_found, {"there is no subscription {}", "没有订阅 {}"},
                subscription_id);
  return known->second;
}

Result<void> Engine::follow_subscriptions(RowLock lock) {
  const Result<std::int64_t> version = store_.changes(Store::Change::subscriptions, lock);
  if (!version) return fail(version.error());
  if (*version == subscriptions_version_) return {};
  if (Result<void> read = reload(); !read) return read;
  subscriptions_version_ = *version;
  return {};
}

Result<void> Engine::reload() {
  Result<std::vector<Subscription>> all = store_.subscriptions();
  if (!all) return fail(std::move(all).error());
  std::set<std::string> there;
  for (Subscription& subscription : *all) {
    there.insert(subscription.id);
    // Failures in a row are counted where requests are sent, and begin anew with each state.
    if (const auto lane = lanes_.find(subscription.id);
        lane != lanes_.end() && may_send(subscription.id) &&
        lane->second->subscription().state_since == subscription.state_since)
      subscription.failures =
          std::max(subscription.failures, lane->second->subscription().failures);
    set_lane(std::move(subscription));
  }
  std::vector<std::string> gone;
  for (const auto& [id, lane] : lanes_)
    if (!there.contains(id)) gone.push_back(id);
  for (const std::string& id : gone) drop_lane(id);
  return read_work();
}

Result<void> Engine::renew_leases() {
  std::map<std::string, Leases::Use> uses;
  for (const auto& [id, lane] : lanes_) {
    bool unwritten = false;
    for (const Ended& ended : unwritten_) unwritten |= ended.subscription_id == id;
    for (const Refused& one : refused_) unwritten |= one.ended.subscription_id == id;
    const auto wanted = requests_wanted_.find(id);
    uses[id] = {.idle = lane->in_flight() == 0 && !unwritten,
                .request = std::max(lane->longest_timeout(), wanted == requests_wanted_.end()
                                                                 ? std::chrono::milliseconds{}
                                                                 : wanted->second)};
  }
  Result<void> done =
      store_.in_transaction([&] { return leases_->renew(store_.connection(), uses); });
  if (!done) return done;
  requests_wanted_.clear();
  // What a hub that is gone has begun.
  if (Result<void> read = read_work(); !read) return read;
  std::set<std::string> before;
  for (const auto& [id, lane] : lanes_)
    if (leases_->may_send(id)) before.insert(id);
  leases_->done();
  // What was won is read from the database; what was lost is the other hub's.
  for (const auto& [id, lane] : lanes_) {
    if (!leases_->may_send(id) || !before.contains(id)) lane->clear_waiting();
    if (!leases_->may_send(id)) continue;
    if (!before.contains(id)) too_late_.insert(id);  // Due by the clock of the hub before.
    touch(id);
  }
  return {};
}

void Engine::follow_others() {
  if (leases_ == nullptr) return;
  const WallTime now = clock_.wall();
  // Further away than the interval: the clock was set back.
  if (look_at_ && now < *look_at_ && *look_at_ - now <= options_.poll_interval) return;
  // However seldom one wants to look, leases must be renewed.
  look_at_ = now + std::min<std::chrono::milliseconds>(options_.poll_interval, Leases::renew_every);
  Result<void> done = store_.connect();
  if (done && leases_->is_due()) done = renew_leases();
  const auto version = done ? store_.changes(Store::Change::subscriptions, RowLock::none) : 0;
  if (done && !version) done = fail(version.error());
  if (done && *version != subscriptions_version_) {
    done = reload();
    if (done) subscriptions_version_ = *version;
  }
  const auto changes = done ? store_.changes(Store::Change::deliveries, RowLock::none) : 0;
  if (done && !changes) done = fail(changes.error());
  const auto sequences =
      done ? store_.next_sequences() : Result<std::map<std::string, std::int64_t>>{};
  if (done && !sequences) done = fail(sequences.error());
  if (!done) {
    if (is_outage(done.error()))
      wait_for_database(done.error());
    else
      report(done.error());
    return;
  }
  tell_back();
  const bool by_hand = *changes != changes_seen_;
  changes_seen_ = *changes;
  for (const auto& [id, next] : *sequences) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) continue;
    if (by_hand) lane->second->clear_waiting();
    if (!by_hand && next == lane->second->published_upto) continue;
    lane->second->published_upto = next;
    lane->second->is_published_by_others = true;
    lane->second->backlog = true;
    touch(id);
  }
}

void Engine::leave() {
  if (leases_ == nullptr) return;
  const Result<void> done =
      store_.in_transaction([this] { return leases_->release_all(store_.connection()); });
  if (!done) report(done.error());  // They end by themselves.
}

}  // namespace tidemark::relay
