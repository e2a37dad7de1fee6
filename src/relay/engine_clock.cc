#include <algorithm>
#include <utility>

#include "relay/due_limits.h"
#include "relay/engine.h"
#include "relay/lane.h"
#include "relay/transaction.h"
#include "relay/verdict.h"

// A wall clock that is set: stored times are by it, and would be waited for as long as it was set
// back.
namespace tidemark::relay {
namespace {

/// The wall clock runs with the steady one but for what NTP corrects little by little. More than
/// this at once: somebody set it.
constexpr std::chrono::milliseconds clock_step_min{500};

std::chrono::microseconds offset_of(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock.wall().time_since_epoch() -
                                                               clock.steady().time_since_epoch());
}

}  // namespace

void Engine::distrust_times() {
  clock_offset_ = offset_of(clock_);
  for (const auto& [id, lane] : lanes_) too_late_.insert(id);
  probe_step_ = std::chrono::microseconds{};
}

bool Engine::clock_has_moved() const {
  return std::chrono::abs(offset_of(clock_) - clock_offset_) >= clock_step_min;
}

void Engine::follow_clock() {
  const std::chrono::microseconds offset = offset_of(clock_);
  const std::chrono::microseconds step = offset - std::exchange(clock_offset_, offset);
  if (std::chrono::abs(step) < clock_step_min) return;
  // Or the machine slept, with its steady clock: others may have our leases by now.
  if (leases_) leases_->distrust();
  wakes_.clear();
  wake_of_.clear();
  retry_at_.reset();
  look_at_.reset();
  for (const auto& [id, lane] : lanes_) touch(id);
  if (step.count() > 0) return;
  for (const auto& [id, lane] : lanes_) too_late_.insert(id);
  probe_step_ = probe_step_.value_or(std::chrono::microseconds{}) + step;
}

Result<void> Engine::pull_in(Lane& lane) {
  const std::string& id = lane.subscription().id;
  const WallTime now = clock_.wall();
  if (Result<void> connected = store_.connect(); !connected) return connected;
  const DueLimits limits = due_limits(lane.subscription().settings, now);
  const Result<bool> first = store_.make_due(id, limits.first, limits.first, options_.piece_rows);
  if (!first) return fail(first.error());
  const Result<bool> again = store_.retry_sooner(id, limits.pause_us, now, options_.piece_rows);
  if (!again) return fail(again.error());
  lane.clear_waiting();
  if (*first || *again)
    touch(id);
  else
    too_late_.erase(id);
  return {};
}

Result<void> Engine::doubt_times_of_others(const Lane& lane) {
  if (leases_ == nullptr) return {};
  const std::string& id = lane.subscription().id;
  const WallTime latest =
      due_limits(lane.subscription().settings, clock_.wall()).first + clock_step_min;
  const Result<std::int64_t> later = store_.count_later(id, latest, 1);
  if (!later) return fail(later.error());
  if (*later == 0) return {};
  too_late_.insert(id);
  touch(id);
  return {};
}

void Engine::pull_in_probes() {
  if (!probe_step_ || retry_at_) return;
  const WallTime now = clock_.wall();
  std::map<std::string, WallTime> sooner;
  for (const auto& [id, lane] : lanes_) {
    const Subscription& one = lane->subscription();
    if (one.state != SubscriptionState::probing || !one.probe_at || *one.probe_at <= now) continue;
    // Ours were set by this clock, and are as far away as they were. (Nothing of them may be sent
    // before the leases are renewed.)
    const bool ours = !leases_ || leases_->epoch(id) != 0;
    const WallTime meant = ours ? std::max(now, *one.probe_at + *probe_step_) : *one.probe_at;
    const WallTime next = meant > now + retry_after_max ? now : meant;
    if (next != *one.probe_at) sooner[id] = next;
  }
  if (!sooner.empty()) {
    Result<void> done = in_transaction({.by_hand = true}, [&]() -> Result<void> {
      for (const auto& [id, next] : sooner) {
        Subscription* one = draft(id);
        if (one == nullptr || one->state != SubscriptionState::probing) continue;
        one->probe_at = next;
        transaction_->drafts.at(id).state_changed = true;
        if (leases_) transaction_->subscriptions_changed = true;
      }
      return {};
    });
    if (!done && is_outage(done.error())) return wait_for_database(done.error());
    if (!done) report(done.error());
  }
  probe_step_.reset();
}

}  // namespace tidemark::relay
