#include "relay/receive/housekeeping.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "relay/receive/pull.h"

namespace tidemark::receive {
namespace {

constexpr std::chrono::milliseconds round_longest{1'000};
constexpr std::chrono::milliseconds round_shortest{50};
/// After the hub failed.
constexpr std::chrono::seconds ask_pause{10};
constexpr std::chrono::hours forget_interval{1};
/// Of one statement, so that requests are not held up behind it.
constexpr std::int64_t forget_rows_max = 2'000;

}  // namespace

Housekeeping::Housekeeping(ReceiverStore store, sql::Url database,
                           std::optional<relay::HubClient> hub, HousekeepingOptions options,
                           const PulledNames& names, const Clock& clock)
    : database_(std::move(database)),
      options_(std::move(options)),
      names_(names),
      clock_(clock),
      store_(std::move(store)),
      hub_(std::move(hub)),
      ask_next_(clock.steady()),
      forget_next_(clock.steady()) {
  thread_ = std::thread([this] { run(); });
}

Housekeeping::~Housekeeping() { stop(); }

void Housekeeping::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  if (hub_) hub_->stop();
  if (thread_.joinable()) thread_.join();
}

bool Housekeeping::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Housekeeping::run() {
  const auto pause = std::clamp(options_.gap_grace / 4, round_shortest, round_longest);
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!woken_.wait_for(lock, pause, [this] { return stopping_; })) {
    lock.unlock();
    const Result<void> done = look_around();
    if (!done && !failing)
      log_line(LogLevel::warning,
               say({"housekeeping: {}", "日常维护：{}"}, done.error().what.in(options_.language))
                   .in(options_.language));
    if (!done && done.error().kind == ErrorKind::unreachable) store_.reset();
    failing = !done;
    lock.lock();
  }
}

Result<void> Housekeeping::look_around() {
  if (!store_) {
    Result<ReceiverStore> opened = ReceiverStore::open(database_);
    if (!opened) return fail(std::move(opened).error());
    store_ = std::move(*opened);
  }
  if (Result<void> forgot = forget_old_ids(); !forgot) return forgot;
  const Result<std::vector<std::string>> found = store_->subscriptions_with_holes();
  if (!found) return fail(found.error());
  Result<void> done;
  for (const std::string& subscription_id : *found)
    if (Result<void> looked = look_at(subscription_id); !looked) done = std::move(looked);
  return done;
}

Result<void> Housekeeping::look_at(const std::string& subscription_id) {
  const Result<SequenceTrack> track = store_->track(subscription_id);
  if (!track) return fail(track.error());
  const std::optional<WallTime> since = track->oldest_hole();
  if (!since || clock_.wall() - *since < options_.gap_grace) return {};
  if (hub_) return pull(subscription_id);
  report_gap(subscription_id, *track);
  return {};
}

Result<void> Housekeeping::pull(const std::string& subscription_id) {
  if (clock_.steady() < ask_next_) return {};
  const Result<PullCounts> counts = pull_missing(
      *store_, *hub_, subscription_id, names_, clock_, [this] { return stopping(); },
      options_.language);
  if (!counts) {
    ask_next_ = clock_.steady() + ask_pause;
    return fail(
        Error{counts.error()}.within({"{}: asking the hub", "{}：向中台补取"}, subscription_id));
  }
  pulled_ += counts->stored;
  log_line(LogLevel::info, say({"{}: asked the hub: {} events stored, {} were here, {} refused",
                                "{}：已向中台补取：保存 {} 个事件，{} 个已存在，{} 个被拒绝"},
                               subscription_id, counts->stored, counts->repeated, counts->refused)
                               .in(options_.language));
  return {};
}

/// Once for each gap.
void Housekeeping::report_gap(const std::string& subscription_id, const SequenceTrack& track) {
  const auto [reported, first_time] = reported_.try_emplace(subscription_id, -1);
  if (!first_time && reported->second == track.contiguous()) return;
  reported->second = track.contiguous();
  log_line(LogLevel::warning, say({"{}: {} events after number {} did not come",
                                   "{}：缺少 {} 个事件（位于序号 {} 之后）"},
                                  subscription_id, track.missing(), track.contiguous())
                                  .in(options_.language));
}

Result<void> Housekeeping::forget_old_ids() {
  if (clock_.steady() < forget_next_) return {};
  const Result<std::int64_t> forgotten =
      store_->forget_events(clock_.wall() - options_.keep_ids, forget_rows_max);
  if (!forgotten) return fail(forgotten.error());
  if (*forgotten < forget_rows_max) forget_next_ = clock_.steady() + forget_interval;
  return {};
}

}  // namespace tidemark::receive
