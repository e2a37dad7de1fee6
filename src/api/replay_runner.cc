#include "api/replay_runner.h"

#include <fmt/format.h>

#include <future>

#include "base/log.h"

namespace tidemark::api {
namespace {

constexpr std::chrono::seconds look_interval{2};
constexpr std::int64_t step_events = 200;
constexpr std::int64_t running_max = 100;

/// Asks the state database and waits for the answer.
template <class T>
Result<T> read_now(ReadPool& reads, std::function<Result<T>(sql::Connection&)> question) {
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  reads.ask<T>(std::move(question),
               [promise](Result<T> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

/// Changes something in the hub and waits until it is durable.
Result<void> change_now(relay::Hub& hub, std::function<Result<void>(relay::Engine&)> work) {
  const auto promise = std::make_shared<std::promise<Result<void>>>();
  auto answer = promise->get_future();
  hub.change(std::move(work),
             [promise](Result<void> done) { promise->set_value(std::move(done)); });
  return answer.get();
}

}  // namespace

void ReplayRunner::start() {
  thread_ = std::thread([this] { work(); });
}

ReplayRunner::~ReplayRunner() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ReplayRunner::wake() {
  const std::scoped_lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

bool ReplayRunner::stopping() {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

void ReplayRunner::work() {
  while (true) {
    const Result<bool> more = move_all();
    if (!more && more.error().kind != ErrorKind::cancelled)
      log_line(LogLevel::warning, fmt::format("replay: {}", more.error().what.en));
    std::unique_lock lock(mutex_);
    if (!more || !*more)
      wake_.wait_for(lock, look_interval, [this] { return stopping_ || woken_; });
    woken_ = false;
    if (stopping_) return;
  }
}

Result<bool> ReplayRunner::move_all() {
  const auto running = read_now<std::vector<Replay>>(
      services_.reads,
      [](sql::Connection& connection) { return all_replays(connection, true, running_max); });
  if (!running) return fail(running.error());
  for (const Replay& replay : *running) {
    if (stopping()) return false;
    if (Result<void> moved = move(replay); !moved) return fail(std::move(moved).error());
  }
  return !running->empty();
}

Result<void> ReplayRunner::move(const Replay& replay) {
  const auto subscription = std::make_shared<std::optional<relay::Subscription>>();
  Result<void> read = change_now(services_.hub, [&replay, subscription](relay::Engine& engine) {
    if (const relay::Subscription* found = engine.subscription(replay.subscription_id))
      *subscription = *found;
    return Result<void>{};
  });
  if (!read) return read;
  if (!*subscription)
    return change_now(services_.hub, [&replay](relay::Engine& engine) -> Result<void> {
      const auto done = cancel_replay(engine.store().connection(), replay.id, engine.now());
      if (!done) return fail(done.error());
      return {};
    });
  const auto step = read_now<relay::ReplayStep>(
      services_.reads, [&replay, subscription](sql::Connection& connection) {
        return relay::replay_step(connection, **subscription, replay.range, replay.last_event,
                                  step_events);
      });
  if (!step) return fail(step.error());
  return change_now(services_.hub, [&replay, &step](relay::Engine& engine) -> Result<void> {
    const auto moved = advance_replay(engine.store().connection(), replay, *step, engine.now());
    if (!moved) return fail(moved.error());
    if (!*moved) return {};
    for (const std::string& event : step->event_ids)
      if (Result<void> again = engine.replay(replay.subscription_id, event); !again) return again;
    return {};
  });
}

}  // namespace tidemark::api
