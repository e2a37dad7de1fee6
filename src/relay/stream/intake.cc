#include "relay/stream/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>

#include "base/log.h"
#include "base/signals_blocked.h"
#include "relay/stream/entry.h"
#include "relay/stream/log_text.h"

namespace tidemark::relay {
namespace {

using std::chrono::milliseconds;

/// Entries that are read at once; one transaction of the hub takes as many.
constexpr std::int64_t batch_max = 256;
/// How long a read waits for something new; stop() waits for it.
constexpr milliseconds read_patience{500};
constexpr milliseconds backoff_min{100};
constexpr milliseconds backoff_max{5'000};
/// The hub could not store.
constexpr milliseconds store_pause{500};
constexpr milliseconds look_interval{2'000};

std::string stream_start() { return "0-0"; }

/// The hub can store nothing now, whatever it is given.
bool is_away(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
         error.kind == ErrorKind::no_space || error.kind == ErrorKind::cancelled;
}

}  // namespace

StreamIntake::StreamIntake(Hub& hub, const Clock& clock, StreamOptions options)
    : hub_(hub), clock_(clock), options_(std::move(options)) {
  status_.stream = options_.stream;
}

void StreamIntake::start() {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { work(); });
}

StreamIntake::~StreamIntake() { stop(); }

void StreamIntake::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

StreamStatus StreamIntake::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

bool StreamIntake::stopping() const {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

bool StreamIntake::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void StreamIntake::work() {
  while (!stopping()) {
    const Result<void> ended = session();
    {
      const std::scoped_lock lock(mutex_);
      status_.connected = false;
      if (!ended) ++status_.errors;
    }
    if (ended) return;
    tell(ended.error());
    backoff_ = std::clamp(backoff_ * 2, backoff_min, backoff_max);
    if (!pause(backoff_)) return;
  }
}

/// An outage is told once, not at every try.
void StreamIntake::tell(const Error& error) {
  if (error.what.en == told_) return;
  told_ = error.what.en;
  log_line(LogLevel::warning, fmt::format("redis stream {}: {}", options_.stream, log_text(error)));
}

Result<void> StreamIntake::session() {
  Result<redis::Connection> connection = redis::Connection::open(options_.server);
  if (!connection) return fail(std::move(connection).error());
  redis::ConsumerGroup group(*connection, options_.stream, options_.group, options_.consumer);
  if (Result<void> made = make_group(group); !made) return made;
  {
    const std::scoped_lock lock(mutex_);
    status_.connected = true;
  }
  log_line(LogLevel::info,
           fmt::format("redis stream {}: reading from {} as {} of {}", options_.stream,
                       options_.server.redacted(), options_.consumer, options_.group));
  told_.clear();
  own_pending_ = true;
  claim_at_ = look_at_ = clock_.steady();
  while (!stopping()) {
    Result<void> done = round(group);
    if (!done && redis::is_group_missing(done.error())) {
      const std::scoped_lock lock(mutex_);
      ++status_.errors;
    }
    if (!done && redis::is_group_missing(done.error())) done = make_group(group);
    if (!done) return done;
    backoff_ = {};
  }
  return {};
}

Result<void> StreamIntake::make_group(redis::ConsumerGroup& group) {
  const Result<bool> made = group.create();
  if (!made) return fail(made.error());
  if (!*made) return {};
  log_line(LogLevel::warning,
           fmt::format("redis stream {}: made the group {}; it begins with the first entry, known "
                       "ones are not published twice",
                       options_.stream, options_.group));
  const std::scoped_lock lock(mutex_);
  ++status_.groups_made;
  return {};
}

Result<void> StreamIntake::round(redis::ConsumerGroup& group) {
  if (own_pending_)
    if (Result<void> done = take_own(group); !done) return done;
  if (clock_.steady() >= look_at_)
    if (Result<void> done = look(group); !done) return done;
  if (clock_.steady() >= claim_at_)
    if (Result<void> done = take_over(group); !done) return done;
  if (own_pending_) return {};
  Result<redis::Taken> taken = group.read_new(batch_max, read_patience);
  if (!taken) return fail(std::move(taken).error());
  return handle(group, std::move(*taken));
}

Result<void> StreamIntake::take_own(redis::ConsumerGroup& group) {
  own_pending_ = false;
  std::string after = "0";
  while (!stopping() && !own_pending_) {
    Result<redis::Taken> taken = group.read_own(after, batch_max);
    if (!taken) return fail(std::move(taken).error());
    if (taken->entries.empty() && taken->gone.empty()) return {};
    // Those that were deleted stand among the others.
    after = taken->entries.empty() ? taken->gone.back() : taken->entries.back().id;
    if (Result<void> done = handle(group, std::move(*taken)); !done) return done;
  }
  return {};
}

Result<void> StreamIntake::take_over(redis::ConsumerGroup& group) {
  std::string start = stream_start();
  do {
    Result<redis::Taken> taken = group.claim(options_.claim_after, start, batch_max);
    if (!taken) return fail(std::move(taken).error());
    start = taken->next;
    if (Result<void> done = handle(group, std::move(*taken)); !done) return done;
  } while (start != stream_start() && !stopping() && !own_pending_);
  claim_at_ = clock_.steady() + options_.claim_after / 2;
  return {};
}

Result<void> StreamIntake::look(redis::ConsumerGroup& group) {
  const Result<redis::GroupState> state = group.state();
  if (!state) return fail(state.error());
  look_at_ = clock_.steady() + look_interval;
  const std::scoped_lock lock(mutex_);
  status_.pending = state->pending;
  status_.lag = state->lag.value_or(-1);
  return {};
}

Result<void> StreamIntake::handle(redis::ConsumerGroup& group, redis::Taken taken) {
  std::vector<std::string> done;
  std::vector<Refusal> refusals;
  std::vector<PublishRequest> requests;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < taken.entries.size(); ++i) {
    redis::StreamEntry& entry = taken.entries[i];
    Result<Publication> publication = parse_entry(entry, options_.entry_bytes_max);
    if (Result<void> young = check_age(entry, clock_.wall(), options_.retention); !young)
      publication = fail(std::move(young));
    if (!publication) {
      refusals.push_back({std::move(entry), publication.error().what.en});
      continue;
    }
    const std::string key = entry_key(options_.stream, entry);
    requests.push_back({.publication = std::move(*publication),
                        .idempotency_key = key,
                        .request_hash = key.substr(key.find(':') + 1)});
    places.push_back(i);
  }
  std::optional<Error> away;
  const auto results = publish(std::move(requests));
  for (std::size_t i = 0; i < results.size(); ++i) {
    redis::StreamEntry& entry = taken.entries[places[i]];
    if (results[i]) {
      count(*results[i]);
      done.push_back(std::move(entry.id));
    } else if (results[i].error().kind == ErrorKind::rejected) {
      refusals.push_back({std::move(entry), results[i].error().what.en});
    } else {
      away = results[i].error();
    }
  }
  std::vector<std::string> settled = done;
  if (!refusals.empty())
    if (Result<void> kept = refuse(std::move(refusals), settled); !kept) away = kept.error();
  if (!taken.gone.empty()) {
    log_line(LogLevel::error,
             fmt::format("redis stream {}: {} entries were trimmed or deleted before they were "
                         "acknowledged, {} first; what they held is not known here",
                         options_.stream, taken.gone.size(), taken.gone.front()));
    const std::scoped_lock lock(mutex_);
    status_.gone += taken.gone.size();
  }
  std::ranges::move(taken.gone, std::back_inserter(settled));
  if (Result<void> acknowledged = group.acknowledge(settled); !acknowledged) return acknowledged;
  if (options_.delete_done)
    if (Result<void> removed = group.remove(done); !removed) return removed;
  if (!away) return {};
  tell(*away);
  own_pending_ = true;
  pause(store_pause);
  return {};
}

std::vector<Result<Published>> StreamIntake::publish(std::vector<PublishRequest> requests) {
  if (requests.empty()) return {};
  const auto promise = std::make_shared<std::promise<std::vector<Result<Published>>>>();
  auto answer = promise->get_future();
  hub_.publish_all(std::move(requests), [promise](std::vector<Result<Published>> results) {
    promise->set_value(std::move(results));
  });
  return answer.get();
}

Result<void> StreamIntake::keep(const std::shared_ptr<const std::vector<Refusal>>& refusals) {
  const auto promise = std::make_shared<std::promise<Result<void>>>();
  auto answer = promise->get_future();
  hub_.change(
      [stream = options_.stream, refusals](Engine& engine) {
        return keep_refusals(engine.store().connection(), stream, *refusals, engine.now());
      },
      [promise](Result<void> done) { promise->set_value(std::move(done)); });
  Result<void> done = answer.get();
  if (!done) return done;
  for (const Refusal& refusal : *refusals)
    log_line(LogLevel::error,
             fmt::format("redis stream {}: entry {} is kept in stream_refusals: {}",
                         options_.stream, refusal.entry.id, refusal.reason));
  const std::scoped_lock lock(mutex_);
  status_.refused += refusals->size();
  return {};
}

Result<void> StreamIntake::refuse(std::vector<Refusal> refusals,
                                  std::vector<std::string>& settled) {
  const auto settle = [&settled](const std::vector<Refusal>& kept) {
    for (const Refusal& refusal : kept) settled.push_back(refusal.entry.id);
  };
  const auto all = std::make_shared<const std::vector<Refusal>>(std::move(refusals));
  const Result<void> together = keep(all);
  if (together) {
    settle(*all);
    return {};
  }
  if (is_away(together.error())) return together;
  // One of them is to blame. It stays pending in Redis and is tried again when it is claimed; the
  // others, and what comes behind it, do not wait for it.
  for (const Refusal& refusal : *all) {
    const auto one = std::make_shared<const std::vector<Refusal>>(1, refusal);
    const Result<void> kept = keep(one);
    if (kept) {
      settle(*one);
      continue;
    }
    if (is_away(kept.error())) return kept;
    log_line(LogLevel::error,
             fmt::format("redis stream {}: entry {} cannot be kept: {}", options_.stream,
                         refusal.entry.id, log_text(kept.error())));
    const std::scoped_lock lock(mutex_);
    ++status_.errors;
  }
  return {};
}

void StreamIntake::count(const Published& published) {
  const std::scoped_lock lock(mutex_);
  ++(published.duplicate ? status_.duplicates : status_.published);
}

}  // namespace tidemark::relay
