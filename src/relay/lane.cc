#include "relay/lane.h"

#include <algorithm>
#include <cmath>

#include "relay/batch.h"

namespace tidemark::relay {
namespace {

/// An endpoint is new, or back: so many requests at first.
constexpr double slots_first = 4;
constexpr double slots_after_probe = 1;

double seconds_between(SteadyTime from, SteadyTime upto) {
  return std::chrono::duration<double>(upto - from).count();
}

/// How many requests a rate limit lets through at once: what it allows in a fifth of a second.
double bucket_size(double rate) { return std::max(1.0, rate / 5); }

}  // namespace

Lane::Lane(Subscription subscription, std::size_t window_max)
    : subscription_(std::make_shared<const Subscription>(std::move(subscription))),
      window_max_(window_max),
      slots_(slots_first) {}

void Lane::set(Subscription subscription) {
  if (subscription.state == SubscriptionState::active &&
      (subscription_->state != SubscriptionState::active ||
       subscription.state_since != subscription_->state_since)) {
    slots_ = slots_after_probe;
    hold_until_ = {};
  }
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

bool Lane::gathered(std::int64_t count) {
  const bool full = count >= subscription_->settings.batch.size;
  gathered_ = full ? 0 : count;
  return full;
}

const DueDelivery& Lane::next() const { return takes_loaded() ? loaded_.front() : fresh_.front(); }

std::vector<DueDelivery> Lane::take_next() {
  const SubscriptionSettings& settings = subscription_->settings;
  const auto most =
      settings.mode == Mode::batch ? static_cast<std::size_t>(settings.batch.size) : std::size_t{1};
  std::vector<DueDelivery> taken;
  std::size_t bytes = 0;
  while (taken.size() < most && waiting()) {
    std::deque<DueDelivery>& queue = takes_loaded() ? loaded_ : fresh_;
    const bool alone = alone_.contains(queue.front().sequence);
    bytes += batch_bytes(queue.front());
    if (!taken.empty() && (alone || bytes > batch_bytes_max)) break;
    loaded_turn_ = &queue == &fresh_;
    taken.push_back(std::move(queue.front()));
    queue.pop_front();
    if (alone) break;
  }
  return taken;
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

bool Lane::may_start(const Clock& clock) const {
  const SteadyTime now = clock.steady();
  if (under_way_.size() >= slots() || now < held_until()) return false;
  if (subscription_->state == SubscriptionState::probing)
    return !subscription_->probe_at || *subscription_->probe_at <= clock.wall();
  const double rate = subscription_->settings.rate_limit;
  if (rate <= 0) return true;
  return tokens_ + seconds_between(tokens_at_, now) * rate >= 1;
}

void Lane::started(Request request, SteadyTime now) {
  const SubscriptionSettings& settings = subscription_->settings;
  if (settings.rate_limit > 0) {
    const double gained = seconds_between(tokens_at_, now) * settings.rate_limit;
    tokens_ = std::min(tokens_ + gained, bucket_size(settings.rate_limit)) - 1;
    tokens_at_ = now;
  }
  if (settings.mode == Mode::batch) pace_until_ = now + settings.batch.pace;
  const std::int64_t first = request.deliveries.front().sequence;
  under_way_.emplace(first, std::move(request));
}

std::optional<Lane::Request> Lane::ended(std::int64_t first_sequence) {
  auto node = under_way_.extract(first_sequence);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

std::chrono::milliseconds Lane::longest_timeout() const {
  std::chrono::milliseconds longest{};
  for (const auto& [first, request] : under_way_) longest = std::max(longest, request.timeout);
  return longest;
}

void Lane::succeeded() {
  slots_ = std::min(slots_ + 1, static_cast<double>(subscription_->settings.concurrency));
}

void Lane::failed() { slots_ = std::max(1.0, slots_ / 2); }

std::vector<std::int64_t> Lane::sequences_in_flight() const {
  std::vector<std::int64_t> sequences;
  for (const auto& [first, request] : under_way_)
    for (const DueDelivery& delivery : request.deliveries) sequences.push_back(delivery.sequence);
  return sequences;
}

void Lane::hold_until(SteadyTime time) { hold_until_ = std::max(hold_until_, time); }

std::optional<WallTime> Lane::opens_at(const Clock& clock) const {
  if (slots() == 0 || under_way_.size() >= slots()) return std::nullopt;
  const SteadyTime now = clock.steady();
  SteadyTime opens = std::max(now, held_until());
  const auto on_the_wall = [&] {
    return clock.wall() + std::chrono::ceil<std::chrono::microseconds>(opens - now);
  };
  if (subscription_->state == SubscriptionState::probing)
    return std::max(on_the_wall(), subscription_->probe_at.value_or(WallTime{}));
  const double rate = subscription_->settings.rate_limit;
  if (rate > 0) {
    const double missing = 1 - (tokens_ + seconds_between(tokens_at_, opens) * rate);
    if (missing > 0)
      opens +=
          std::chrono::microseconds(static_cast<std::int64_t>(std::ceil(missing / rate * 1e6)));
  }
  return on_the_wall();
}

}  // namespace tidemark::relay
