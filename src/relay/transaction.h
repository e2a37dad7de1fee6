#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "relay/engine.h"
#include "relay/lane.h"

namespace tidemark::relay {

/// A subscription as a transaction changes it, and what happened to its deliveries.
struct Engine::Draft {
  /// A delivery whose attempt was written.
  struct Settled {
    std::int64_t sequence = 0;
    std::optional<WallTime> due_at{};  ///< Not finished: when it is tried again.
    bool look = false;                 ///< Others, or this one, may be due at other times now.
    bool alone = false;                ///< No batch takes it with others any more.
  };
  /// What an attempt says of the endpoint.
  struct Answered {
    bool good = false;
    bool failed = false;
    std::optional<std::chrono::seconds> hold{};
  };
  Subscription subscription;
  bool sequence_changed = false;
  bool state_changed = false;
  bool failures_changed = false;
  bool removed = false;
  std::vector<DueDelivery> fresh{};  ///< New deliveries.
  std::vector<Settled> settled{};
  std::vector<Answered> answered{};
};

/// What a transaction of the engine leads to once it is committed. Nothing in memory changes
/// before: after a rollback the transaction is simply forgotten.
struct Engine::Transaction {
  /// When it began: one time for all that it ends, so that it can be written together.
  WallTime at{};
  std::map<std::string, Draft, std::less<>> drafts;
  std::vector<std::function<void()>> after_commit;
  /// Shared states: the next numbers, of the subscriptions whose rows this transaction has locked.
  std::map<std::string, std::int64_t> sequences;
  /// Shared states: the epochs of those that are ours, 0 for others, of those looked at.
  std::map<std::string, std::int64_t> leases;
  std::optional<std::int64_t> last_voucher_id{};  ///< Once one was made.
  HubCounters counters;
  bool subscriptions_changed = false;
  bool deliveries_changed = false;  ///< By hand: the hub that sends them must look again.
};

template <class Visit>
void Engine::each_subscription(Visit visit) const {
  if (transaction_ == nullptr) {
    for (const auto& [id, lane] : lanes_) visit(lane->subscription());
    return;
  }
  for (const auto& [id, lane] : lanes_) {
    const auto draft = transaction_->drafts.find(id);
    if (draft == transaction_->drafts.end())
      visit(lane->subscription());
    else if (!draft->second.removed)
      visit(draft->second.subscription);
  }
  for (const auto& [id, draft] : transaction_->drafts)
    if (!draft.removed && !lanes_.contains(id)) visit(draft.subscription);
}

}  // namespace tidemark::relay
