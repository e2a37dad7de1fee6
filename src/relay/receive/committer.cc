#include "relay/receive/committer.h"

#include <iterator>
#include <utility>

namespace tidemark::receive {
namespace {

/// Of one transaction. Larger ones gain nothing more and hold locks longer.
constexpr std::size_t group_events_max = 512;
/// Bodies that wait; beyond, senders are asked to come later.
constexpr std::size_t waiting_bytes_max = std::size_t{128} << 20;
constexpr int tries_max = 3;

std::size_t bytes_of(const Submission& submission) {
  std::size_t bytes = 0;
  for (const Arrival& arrival : submission.arrivals) bytes += arrival.event.body.size();
  return bytes;
}

/// The database as a whole is in trouble, not one event.
bool is_shared(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unreachable:
    case ErrorKind::timeout:
    case ErrorKind::unauthorized:
    case ErrorKind::no_space:
    case ErrorKind::io:
      return true;
    default:
      return false;
  }
}

}  // namespace

Committer::Committer(ReceiverStore store, sql::Url database, const Clock& clock)
    : database_(std::move(database)), clock_(clock), store_(std::move(store)) {
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() { stop(); }

bool Committer::submit(Submission& submission) {
  const std::size_t bytes = bytes_of(submission);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_bytes_ + bytes > waiting_bytes_max) return false;
    waiting_bytes_ += bytes;
    queue_.push_back(std::move(submission));
  }
  arrived_.notify_one();
  return true;
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

CommitterCounters Committer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Committer::run() {
  while (true) {
    std::vector<Submission> group = next_group();
    if (group.empty()) return;
    store_group(std::move(group));
  }
}

std::vector<Submission> Committer::next_group() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::vector<Submission> group;
  std::size_t events = 0;
  while (!queue_.empty() &&
         (group.empty() || events + queue_.front().arrivals.size() <= group_events_max)) {
    events += queue_.front().arrivals.size();
    waiting_bytes_ -= bytes_of(queue_.front());
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void Committer::store_group(std::vector<Submission> group) {
  std::vector<Arrival> together;
  for (Submission& submission : group)
    together.insert(together.end(), std::make_move_iterator(submission.arrivals.begin()),
                    std::make_move_iterator(submission.arrivals.end()));
  const Result<std::vector<Taken>> taken = store(together);
  std::size_t offset = 0;
  for (Submission& submission : group) {
    const std::size_t count = submission.arrivals.size();
    const std::span<const Arrival> own = std::span(together).subspan(offset, count);
    if (taken) {
      const auto first = taken->begin() + static_cast<std::ptrdiff_t>(offset);
      answer(submission, std::vector(first, first + static_cast<std::ptrdiff_t>(count)));
    } else if (group.size() == 1 || is_shared(taken.error().kind)) {
      answer(submission, std::unexpected(taken.error()));
    } else {
      answer(submission, store(own));
    }
    offset += count;
  }
}

Result<std::vector<Taken>> Committer::store(std::span<const Arrival> arrivals) {
  Result<std::vector<Taken>> taken = fail(ErrorKind::unreachable, {"not tried", "未尝试"});
  for (int i = 0; i < tries_max; ++i) {
    if (!store_) {
      Result<ReceiverStore> opened = ReceiverStore::open(database_);
      if (!opened) return fail(std::move(opened).error());
      store_ = std::move(*opened);
    }
    taken = store_->take(arrivals, clock_.wall());
    if (taken) {
      const std::lock_guard lock(mutex_);
      ++counters_.commits;
      break;
    }
    if (taken.error().kind == ErrorKind::unreachable)
      store_.reset();
    else if (taken.error().kind != ErrorKind::timeout)
      break;
  }
  return taken;
}

void Committer::answer(Submission& submission, Result<std::vector<Taken>> taken) {
  {
    const std::lock_guard lock(mutex_);
    if (!taken) ++counters_.failures;
    if (taken)
      for (const Taken each : *taken)
        ++(each == Taken::stored ? counters_.stored : counters_.repeated);
  }
  submission.done(std::move(taken));
}

}  // namespace tidemark::receive
