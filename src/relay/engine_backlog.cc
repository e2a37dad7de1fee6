#include <algorithm>
#include <limits>

#include "relay/backlog_work.h"
#include "relay/engine.h"
#include "relay/lane.h"
#include "relay/transaction.h"

// What a change of a subscription does to a backlog that may be long.
namespace tidemark::relay {
namespace {

/// A piece that the database refused is tried again after so long.
constexpr std::chrono::seconds pause_after_refusal{10};

/// Does it count for deliveries that are made from now on, too? They cannot see the older ones of
/// their source before all are lined up.
bool is_for_new_ones(BacklogWork work) {
  return work == BacklogWork::begin_order || work == BacklogWork::cancel;
}

}  // namespace

Result<void> Engine::begin_work(const BacklogTask& task, WallTime at) {
  std::int64_t upto = std::numeric_limits<std::int64_t>::max();
  if (!is_for_new_ones(task.work)) {
    const Result<std::int64_t> next =
        store_.shared() ? locked_sequence(task.subscription_id)
                        : Result<std::int64_t>(subscription(task.subscription_id)->next_sequence);
    if (!next) return fail(next.error());
    // Deliveries that this transaction has made count as well: the locked number is older.
    upto = std::max(*next, subscription(task.subscription_id)->next_sequence);
  }
  if (Result<void> begun = store_.begin_work(task, upto, at); !begun) return begun;
  const Result<bool> over = store_.work_on(task, options_.piece_rows, now());
  if (!over) return fail(over.error());
  transaction_->after_commit.emplace_back([this, task, over = *over] {
    if (over)
      backlog_work_.erase(task);
    else
      backlog_work_.insert(task);
  });
  return {};
}

Result<void> Engine::end_work(const BacklogTask& task) {
  if (Result<void> ended = store_.end_work(task); !ended) return ended;
  transaction_->after_commit.emplace_back([this, task] { backlog_work_.erase(task); });
  return {};
}

const BacklogTask* Engine::next_work() const {
  if (draining_) return nullptr;
  const auto ours = std::ranges::find_if(backlog_work_, [this](const BacklogTask& task) {
    // What is deleted is nobody's: whoever sees it goes on.
    return !lanes_.contains(task.subscription_id) || may_send(task.subscription_id);
  });
  return ours == backlog_work_.end() ? nullptr : &*ours;
}

void Engine::work_off() {
  if (retry_at_ || clock_.steady() < work_off_at_) return;
  const BacklogTask* next = next_work();
  if (next == nullptr) return;
  const BacklogTask task = *next;
  Result<void> done = in_transaction({.by_hand = true}, [&]() -> Result<void> {
    const Result<bool> over = store_.work_on(task, options_.piece_rows, now());
    if (!over) return fail(over.error());
    if (*over) transaction_->after_commit.emplace_back([this, task] { backlog_work_.erase(task); });
    // Until all is lined up nothing is sent; otherwise what was freed may go.
    if (task.work != BacklogWork::cancel && (*over || task.work != BacklogWork::begin_order))
      look_here_again(task.subscription_id);
    return {};
  });
  if (done) return;
  if (is_outage(done.error())) return wait_for_database(done.error());
  report(done.error());
  work_off_at_ = clock_.steady() + pause_after_refusal;
}

Result<void> Engine::read_work() {
  Result<std::set<BacklogTask>> work = store_.backlog_work();
  if (!work) return fail(std::move(work));
  backlog_work_ = std::move(*work);
  return {};
}

}  // namespace tidemark::relay
