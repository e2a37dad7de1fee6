#include "relay/engine.h"
#include "relay/lane.h"
#include "relay/transaction.h"

// Several hubs on one state: leases, and what the others did.
namespace tidemark::relay {

bool Engine::may_send(const std::string& id) const {
  return leases_ == nullptr || leases_->may_send(id);
}

Result<void> Engine::follow_subscriptions() {
  if (!store_.shared()) return {};
  const Result<std::int64_t> version = store_.changes(Store::Change::subscriptions, true);
  if (!version) return fail(version.error());
  return *version == subscriptions_version_ ? Result<void>{} : reload(*version);
}

Result<void> Engine::reload(std::int64_t version) {
  Result<std::vector<Subscription>> all = store_.subscriptions();
  if (!all) return fail(std::move(all).error());
  std::set<std::string> there;
  for (Subscription& subscription : *all) {
    const std::string id = subscription.id;
    there.insert(id);
    std::unique_ptr<Lane>& lane = lanes_[id];
    if (lane == nullptr) {
      leases_->hurry();
      lane = std::make_unique<Lane>(std::move(subscription), options_.window_max);
    } else {
      // Failures in a row are counted where requests are sent.
      subscription.failures = std::max(subscription.failures, lane->subscription().failures);
      const bool idle = subscription.state != SubscriptionState::active;
      lane->set(std::move(subscription));
      if (idle) lane->clear_waiting();
    }
    touch(id);
  }
  std::erase_if(lanes_, [&](const auto& entry) { return !there.contains(entry.first); });
  subscriptions_version_ = version;
  return {};
}

Result<void> Engine::renew_leases() {
  std::map<std::string, bool> idle;
  for (const auto& [id, lane] : lanes_) {
    bool unwritten = false;
    for (const Ended& ended : unwritten_) unwritten |= ended.subscription_id == id;
    idle[id] = lane->in_flight() == 0 && !unwritten;
  }
  Result<void> done = store_.begin();
  if (done) done = leases_->renew(store_.connection(), idle);
  if (done) done = store_.commit();
  if (!done) {
    store_.rollback();
    return done;
  }
  std::set<std::string> before;
  for (const auto& [id, lane] : lanes_)
    if (leases_->may_send(id)) before.insert(id);
  leases_->done();
  // What was won is read from the database; what was lost is the other hub's.
  for (const auto& [id, lane] : lanes_) {
    if (!leases_->may_send(id) || !before.contains(id)) lane->clear_waiting();
    if (leases_->may_send(id)) touch(id);
  }
  return {};
}

void Engine::follow_others() {
  if (leases_ == nullptr) return;
  const WallTime now = clock_.wall();
  // Further away than the interval: the clock was set back.
  if (look_at_ && now < *look_at_ && *look_at_ - now <= options_.poll_interval) return;
  look_at_ = now + options_.poll_interval;
  Result<void> done = store_.connect();
  if (done && leases_->is_due()) done = renew_leases();
  const auto version = done ? store_.changes(Store::Change::subscriptions, false) : 0;
  if (done && !version) done = fail(version.error());
  if (done && *version != subscriptions_version_) done = reload(*version);
  const auto changes = done ? store_.changes(Store::Change::deliveries, false) : 0;
  if (done && !changes) done = fail(changes.error());
  const auto sequences =
      done ? store_.next_sequences() : Result<std::map<std::string, std::int64_t>>{};
  if (done && !sequences) done = fail(sequences.error());
  if (!done) {
    report(done.error());
    return;
  }
  const bool by_hand = *changes != changes_seen_;
  changes_seen_ = *changes;
  for (const auto& [id, next] : *sequences) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) continue;
    if (by_hand) lane->second->clear_waiting();
    if (!by_hand && next == lane->second->published_upto) continue;
    lane->second->published_upto = next;
    lane->second->backlog = true;
    touch(id);
  }
}

void Engine::leave() {
  if (leases_ == nullptr) return;
  Result<void> done = store_.begin();
  if (done) done = leases_->release_all(store_.connection());
  if (done) done = store_.commit();
  if (!done) {
    store_.rollback();
    report(done.error());  // They end by themselves.
  }
}

}  // namespace tidemark::relay
