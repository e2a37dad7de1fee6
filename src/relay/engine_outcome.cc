#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "relay/backoff.h"
#include "relay/batch.h"
#include "relay/engine.h"
#include "relay/transaction.h"
#include "relay/verdict.h"

// What an attempt means for its deliveries and for the endpoint.
namespace tidemark::relay {
namespace {

/// Of an answer, so many bytes are kept with the attempt.
constexpr std::size_t response_kept_max = 2'000;

std::span<const std::chrono::seconds> schedule_of(const Subscription& subscription) {
  const auto& own = subscription.settings.retry_schedule;
  return own.empty() ? default_retry_schedule() : std::span<const std::chrono::seconds>(own);
}

void set_state(Subscription& subscription, SubscriptionState state, std::string reason,
               WallTime now) {
  subscription.state = state;
  subscription.state_reason = std::move(reason);
  subscription.state_since = now;
  if (state != SubscriptionState::probing) subscription.probe_at.reset();
}

}  // namespace

Result<void> Engine::write_outcome(const Ended& ended) {
  Subscription* subscription = draft(ended.subscription_id);
  if (subscription == nullptr) return write_attempts(ended);
  if (leases_) {
    const Result<bool> ours = holds_lease(ended);
    if (!ours) return fail(ours.error());
    if (!*ours) {  // Another hub took over, and sent it again.
      ++transaction_->counters.lost_attempts;
      transaction_->after_commit.emplace_back([this, &ended] {
        log_line(LogLevel::warning,
                 fmt::format("relay: {}-{}: an attempt of {:%FT%TZ} ({}) is not written: another "
                             "hub took the subscription over meanwhile",
                             ended.subscription_id, ended.request.deliveries.front().sequence,
                             std::chrono::floor<std::chrono::seconds>(ended.result.started_at),
                             ended.result.status_code != 0
                                 ? fmt::format("HTTP {}", ended.result.status_code)
                                 : ended.result.error_code));
        // It may be ours again, by a lease that is not known here yet.
        leases_->hurry();
        look_at_.reset();
        const auto lane = lanes_.find(ended.subscription_id);
        if (lane == lanes_.end()) return;
        for (const DueDelivery& delivery : ended.request.deliveries)
          lane->second->forget(delivery.sequence);
        lane->second->backlog = true;
      });
      return {};
    }
  }
  // As it was sent: somebody may have changed the mode since.
  const bool batch = ended.request.mode == Mode::batch;
  Verdict verdict = judge(ended.result);
  if (batch && verdict.outcome == Outcome::delivered && ended.result.truncated) {
    // Which of them the receiver refused stands in what is missing.
    verdict.outcome = Outcome::retry;
    verdict.error_code = "ANSWER_TRUNCATED";
  }
  // The endpoint first: a delivery that fails a probe waits for the next one.
  Draft& changed = transaction_->drafts.at(ended.subscription_id);
  judge_endpoint(changed, verdict, ended.result);
  if (changed.state_changed && leases_) transaction_->subscriptions_changed = true;

  BatchAnswer answer;
  if (verdict.outcome == Outcome::delivered && batch)
    answer = read_batch_answer(ended.result.response);
  for (const DueDelivery& delivery : ended.request.deliveries) {
    Verdict own = verdict;
    if (answer.too_many) own = judge_event({.message = ended.result.response});
    if (const auto event = answer.events.find(delivery.event->id); event != answer.events.end())
      own = judge_event(event->second);
    if (Result<void> written = write_delivery(*subscription, delivery, ended, own); !written)
      return written;
  }
  const bool good = verdict.outcome == Outcome::delivered;
  changed.answered.push_back(
      {.good = good, .failed = verdict.endpoint_failed, .hold = verdict.retry_after});
  return {};
}

Result<void> Engine::write_attempts(const Ended& ended) {
  const Verdict verdict = judge(ended.result);
  for (const DueDelivery& delivery : ended.request.deliveries) {
    const DeliveryKey key{ended.subscription_id, delivery.sequence};
    const std::int64_t attempt = delivery.attempts + 1;
    Result<void> written = record_attempt(key, attempt, ended.result, verdict);
    if (written) written = store_.count_attempt({.key = key, .attempts = attempt});
    if (!written) return written;
  }
  return {};
}

Result<void> Engine::record_attempt(const DeliveryKey& key, std::int64_t attempt,
                                    const AttemptResult& result, const Verdict& verdict) {
  return store_.record({.key = key,
                        .attempt = attempt,
                        .started_at = result.started_at,
                        .duration = result.duration,
                        .status_code = result.status_code,
                        .error_code = verdict.error_code,
                        .message = verdict.message,
                        .response = printable(result.response, response_kept_max)});
}

void Engine::judge_endpoint(Draft& draft, const Verdict& verdict, const AttemptResult& result) {
  Subscription& subscription = draft.subscription;
  bool& state_changed = draft.state_changed;
  const WallTime now = clock_.wall();
  const bool probing = subscription.state == SubscriptionState::probing;
  const bool working = subscription.state == SubscriptionState::active ||
                       subscription.state == SubscriptionState::probing;
  if (verdict.outcome == Outcome::pause || verdict.outcome == Outcome::disable) {
    if (!working) return;
    const bool gone = verdict.outcome == Outcome::disable;
    set_state(subscription, gone ? SubscriptionState::disabled : SubscriptionState::paused,
              gone ? "gone" : "unauthorized", now);
    state_changed = true;
  } else if (verdict.endpoint_failed) {
    // It began before the probing: no probe. A beginning that is still to come, as after the clock
    // was set back, says nothing.
    if (probing && subscription.state_since <= now && result.started_at < subscription.state_since)
      return;
    ++subscription.failures;
    // Each is stored, though nothing follows from it yet: alerts read the row.
    draft.failures_changed = true;
    if (!working || subscription.failures < options_.failures_max) return;
    if (subscription.state == SubscriptionState::active)
      set_state(subscription, SubscriptionState::probing, "failures", now);
    std::chrono::milliseconds pause =
        probe_pause(subscription.failures - options_.failures_max, random_);
    if (verdict.retry_after)
      pause = std::max<std::chrono::milliseconds>(pause, *verdict.retry_after);
    subscription.probe_at = now + pause;
    state_changed = true;
  } else if (result.status_code == 0) {
    // Our own fault: the endpoint was not asked. While probing, the next try comes in a while.
    if (!probing) return;
    subscription.probe_at =
        now + probe_pause(subscription.failures - options_.failures_max, random_);
    state_changed = true;
  } else {
    // It answers: what it says of one event, or how much, is no fault of the endpoint.
    if (std::exchange(subscription.failures, 0) != 0) draft.failures_changed = true;
    if (subscription.state != SubscriptionState::probing) return;
    set_state(subscription, SubscriptionState::active, "", now);
    state_changed = true;
  }
}

Result<void> Engine::write_delivery(const Subscription& subscription, const DueDelivery& delivery,
                                    const Ended& ended, const Verdict& verdict) {
  const WallTime now = transaction_->at;
  const DeliveryKey key{subscription.id, delivery.sequence};
  const std::int64_t attempt = delivery.attempts + 1;
  // The subscription may be ordered since it was sent.
  const bool ordered_now = subscription.settings.ordering == Ordering::source;
  const bool ordered = delivery.ordered || ordered_now;
  DeliveryChange change{.key = key,
                        .status = DeliveryStatus::retrying,
                        .due_at = now,
                        .attempts = attempt,
                        .retry_step = delivery.retry_step,
                        .status_code = ended.result.status_code,
                        .error_code = verdict.error_code,
                        .message = verdict.message,
                        .started_at = ended.result.started_at,
                        .ordered = ordered};
  // The order may not have come to it yet; those behind it must find it all the same.
  if (ordered_now) change.open_key = delivery.event->ordering_key();
  bool alone = false;
  const auto park = [&] {
    change.status = DeliveryStatus::parked;
    change.due_at.reset();
    change.finished_at = now;
    change.open = subscription.settings.after_parked == AfterParked::block;
    ++transaction_->counters.parked;
  };
  switch (verdict.outcome) {
    case Outcome::delivered:
      change.status = DeliveryStatus::delivered;
      change.due_at.reset();
      change.finished_at = now;
      change.open = false;
      ++transaction_->counters.delivered;
      transaction_->counters.latency.add(now - delivery.wanted_at);
      break;
    case Outcome::park:
      // A request of several that is refused as a whole: which of them is meant shows only alone.
      alone = ended.request.deliveries.size() > 1 && ended.result.status_code / 100 != 2;
      if (!alone) park();
      break;
    case Outcome::pause:
    case Outcome::disable:
      break;  // Due now; the subscription's state holds it.
    case Outcome::retry: {
      // While the endpoint as such is down, its deliveries do not use up their schedule.
      if (subscription.state == SubscriptionState::probing) break;
      const auto pause = retry_pause(schedule_of(subscription), delivery.retry_step, random_);
      if (!pause) {
        park();
        break;
      }
      change.due_at = now + *pause;
      if (verdict.retry_after) change.due_at = std::max(*change.due_at, now + *verdict.retry_after);
      change.retry_step = delivery.retry_step + 1;
      break;
    }
  }
  if (verdict.outcome != Outcome::delivered) ++transaction_->counters.failed_attempts;

  if (Result<void> recorded = record_attempt(key, attempt, ended.result, verdict); !recorded)
    return recorded;
  const Result<bool> changed = store_.change(change);
  if (!changed) return fail(changed.error());
  if (*changed && ordered) {
    // An earlier one may have been sent again by hand meanwhile: then this one waits for it.
    const std::string open_key = delivery.event->ordering_key();
    Result<void> in_line = change.open ? store_.line_up(subscription.id, open_key)
                                       : store_.wake_next(subscription.id, open_key, now);
    if (!in_line) return in_line;
  }
  transaction_->drafts.at(subscription.id)
      .settled.push_back({.sequence = delivery.sequence,
                          .due_at = change.due_at,
                          .look = ordered || !*changed,
                          .alone = alone});
  return {};
}

}  // namespace tidemark::relay
