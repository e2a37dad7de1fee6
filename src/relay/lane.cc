#include "relay/lane.h"

#include <algorithm>
#include <cmath>

namespace tidemark::relay {
namespace {

/// An endpoint is new, or back: so many requests at first.
constexpr double slots_first = 4;
constexpr double slots_after_probe = 1;

/// 0 when the clock was set back.
double seconds_between(WallTime from, WallTime upto) {
  return std::max(0.0, std::chrono::duration<double>(upto - from).count());
}

/// How many requests a rate limit lets through at once: what it allows in a fifth of a second.
double bucket_size(double rate) { return std::max(1.0, rate / 5); }

}  // namespace

Lane::Lane(Subscription subscription, std::size_t window_max)
    : subscription_(std::make_shared<const Subscription>(std::move(subscription))),
      window_max_(window_max),
      slots_(slots_first) {}

void Lane::set(Subscription subscription) {
  const bool was_probing = subscription_->state == SubscriptionState::probing;
  if (was_probing && subscription.state != SubscriptionState::probing) slots_ = slots_after_probe;
  subscription_ = std::make_shared<const Subscription>(std::move(subscription));
}

std::size_t Lane::room() const {
  return known_.size() >= window_max_ ? 0 : window_max_ - known_.size();
}

bool Lane::push_fresh(DueDelivery delivery) {
  if (delivery.ordered || room() == 0 || subscription_->settings.mode == Mode::batch ||
      subscription_->state != SubscriptionState::active)
    return false;
  if (!known_.insert(delivery.sequence).second) return true;
  fresh_.push_back(std::move(delivery));
  return true;
}

void Lane::push_loaded(std::vector<DueDelivery> deliveries) {
  for (DueDelivery& delivery : deliveries)
    if (known_.insert(delivery.sequence).second) loaded_.push_back(std::move(delivery));
}

bool Lane::gather() {
  if (++gathered_ < subscription_->settings.batch.size) return false;
  gathered_ = 0;
  return true;
}

std::optional<DueDelivery> Lane::pop() {
  if (!waiting()) return std::nullopt;
  const bool from_loaded = fresh_.empty() || (!loaded_.empty() && loaded_turn_);
  loaded_turn_ = !from_loaded;
  std::deque<DueDelivery>& queue = from_loaded ? loaded_ : fresh_;
  DueDelivery delivery = std::move(queue.front());
  queue.pop_front();
  return delivery;
}

void Lane::clear_waiting() {
  for (const auto* queue : {&fresh_, &loaded_})
    for (const DueDelivery& delivery : *queue) known_.erase(delivery.sequence);
  fresh_.clear();
  loaded_.clear();
  backlog = true;
  loaded_due = {};
  loaded_sequence = 0;
}

std::size_t Lane::slots() const {
  switch (subscription_->state) {
    case SubscriptionState::paused:
    case SubscriptionState::disabled:
      return 0;
    case SubscriptionState::probing:
      return 1;
    case SubscriptionState::active:
      break;
  }
  // Batches are paced: one after the other.
  if (subscription_->settings.mode == Mode::batch) return 1;
  return std::min(static_cast<std::size_t>(slots_),
                  static_cast<std::size_t>(subscription_->settings.concurrency));
}

bool Lane::may_start(WallTime now) const {
  if (under_way_.size() >= slots() || now < hold_until_) return false;
  if (subscription_->state == SubscriptionState::probing)
    return !subscription_->probe_at || *subscription_->probe_at <= now;
  const double rate = subscription_->settings.rate_limit;
  if (rate <= 0) return true;
  return tokens_ + seconds_between(tokens_at_, now) * rate >= 1;
}

void Lane::started(std::int64_t first_sequence, std::vector<DueDelivery> all, WallTime now) {
  const SubscriptionSettings& settings = subscription_->settings;
  if (settings.rate_limit > 0) {
    const double gained = seconds_between(tokens_at_, now) * settings.rate_limit;
    tokens_ = std::min(tokens_ + gained, bucket_size(settings.rate_limit)) - 1;
    tokens_at_ = now;
  }
  if (settings.mode == Mode::batch) hold_until_ = now + settings.batch.pace;
  under_way_.emplace(first_sequence, std::move(all));
}

std::vector<DueDelivery> Lane::ended(std::int64_t first_sequence) {
  auto node = under_way_.extract(first_sequence);
  return node.empty() ? std::vector<DueDelivery>{} : std::move(node.mapped());
}

void Lane::succeeded() {
  slots_ = std::min(slots_ + 1, static_cast<double>(subscription_->settings.concurrency));
}

void Lane::begin_slowly() { slots_ = slots_after_probe; }

void Lane::failed() { slots_ = std::max(1.0, slots_ / 2); }

std::vector<std::int64_t> Lane::sequences_in_flight() const {
  std::vector<std::int64_t> sequences;
  for (const auto& [first, all] : under_way_)
    for (const DueDelivery& delivery : all) sequences.push_back(delivery.sequence);
  return sequences;
}

void Lane::hold_until(WallTime time) { hold_until_ = std::max(hold_until_, time); }

std::optional<WallTime> Lane::opens_at(WallTime now) const {
  if (slots() == 0 || under_way_.size() >= slots()) return std::nullopt;
  WallTime time = std::max(now, hold_until_);
  if (subscription_->state == SubscriptionState::probing) {
    if (subscription_->probe_at) time = std::max(time, *subscription_->probe_at);
    return time;
  }
  const double rate = subscription_->settings.rate_limit;
  if (rate > 0) {
    const double missing = 1 - (tokens_ + seconds_between(tokens_at_, time) * rate);
    if (missing > 0)
      time += std::chrono::microseconds(static_cast<std::int64_t>(std::ceil(missing / rate * 1e6)));
  }
  return time;
}

}  // namespace tidemark::relay
