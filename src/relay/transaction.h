#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "relay/engine.h"
#include "relay/lane.h"

namespace tidemark::relay {

/// What a transaction of the engine leads to once it is committed. Nothing in memory changes
/// before: after a rollback the transaction is simply forgotten.
struct Engine::Transaction {
  struct Draft {
    Subscription subscription;
    bool sequence_changed = false;
    bool state_changed = false;
    bool removed = false;
  };
  std::map<std::string, Draft> drafts;
  std::vector<std::pair<std::string, DueDelivery>> fresh;  ///< New deliveries, by subscription.
  std::vector<std::function<void()>> after_commit;
  HubCounters counters;
  bool subscriptions_changed = false;
  bool deliveries_changed = false;  ///< By hand: the hub that sends them must look again.
};

template <class Visit>
void Engine::each_subscription(Visit visit) const {
  for (const auto& [id, lane] : lanes_) {
    const Subscription* current = subscription(id);
    if (current != nullptr) visit(*current);
  }
  if (transaction_ == nullptr) return;
  for (const auto& [id, draft] : transaction_->drafts)
    if (!draft.removed && !lanes_.contains(id)) visit(draft.subscription);
}

}  // namespace tidemark::relay
