#include "run/ledger.h"

#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/ulid.h"
#include "run/run_store.h"
#include "run/state_database.h"

namespace tidemark::run {

ActiveRun::ActiveRun(ActiveRun&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)), id_(std::move(other.id_)) {}

ActiveRun::~ActiveRun() {
  finish({.status = RunStatus::failed, .error = "ended without a result", .exit_code = 1});
}

void ActiveRun::finish(RunEnd end) {
  if (ledger_ != nullptr) std::exchange(ledger_, nullptr)->finish(id_, std::move(end));
}

RunLedger::RunLedger(LedgerOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      journal_(options_.journal),
      thread_([this] { loop(); }) {}

RunLedger::~RunLedger() {
  std::vector<RunRecord> left;
  {
    std::unique_lock lock(mutex_);
    check(active_.empty(), "every run is finished before its ledger ends");
    ending_ = true;
    wake_.notify_all();
    const bool all_written = written_.wait_for(lock, options_.patience,
                                               [this] { return pending_.empty() && !in_flight_; });
    if (!all_written) {
      // Written twice, if the database answers after all: saving bears that.
      if (in_flight_ && in_flight_->milestone) left.push_back(in_flight_->record);
      for (auto& [id, pending] : pending_)
        if (pending.milestone) left.push_back(std::move(pending.record));
      pending_.clear();
      if (connection_) connection_->cancel();
    }
  }
  for (const RunRecord& record : left) to_journal(record);
  thread_.join();
}

ActiveRun RunLedger::begin(std::string job, std::string command, Random& random,
                           CountsCallback counts) {
  const WallTime now = clock_.wall();
  RunRecord record{.id = make_ulid(now, random),
                   .job = std::move(job),
                   .command = std::move(command),
                   .process = this_process(),
                   .started_at = now,
                   .heartbeat_at = now};
  const std::string id = record.id;
  {
    const std::scoped_lock lock(mutex_);
    active_.emplace(id, Active{.record = record, .counts = std::move(counts)});
  }
  enqueue(std::move(record), true);
  return {*this, id};
}

void RunLedger::finish(const std::string& id, RunEnd end) {
  RunRecord record;
  {
    const std::scoped_lock lock(mutex_);  // Now no callback runs, and none will.
    record = std::move(active_.at(id).record);
    active_.erase(id);
  }
  record.heartbeat_at = clock_.wall();
  record.ended_at = record.heartbeat_at;
  record.status = end.status;
  record.counts = std::move(end.counts);
  record.error = std::move(end.error);
  record.exit_code = end.exit_code;
  enqueue(std::move(record), true);
}

void RunLedger::enqueue(RunRecord record, bool milestone) {
  {
    const std::scoped_lock lock(mutex_);
    Pending& pending = pending_[record.id];
    pending = {.record = std::move(record), .milestone = milestone || pending.milestone};
  }
  wake_.notify_all();
}

void RunLedger::loop() {
  auto next_beat = std::chrono::steady_clock::now() + options_.heartbeat;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_until(lock, next_beat, [this] { return ending_ || !pending_.empty(); });
    while (!pending_.empty()) {
      in_flight_ = std::move(pending_.extract(pending_.begin()).mapped());
      const Pending pending = *in_flight_;
      lock.unlock();
      write(pending);
      lock.lock();
      in_flight_.reset();
    }
    written_.notify_all();
    if (ending_) return;
    if (std::chrono::steady_clock::now() < next_beat) continue;
    next_beat = std::chrono::steady_clock::now() + options_.heartbeat;
    lock.unlock();
    beat();
    lock.lock();
  }
}

void RunLedger::beat() {
  const std::scoped_lock lock(mutex_);
  for (auto& [id, active] : active_) {
    active.record.heartbeat_at = clock_.wall();
    if (active.counts) active.record.counts = active.counts();
    Pending& pending = pending_[id];
    pending = {.record = active.record, .milestone = pending.milestone};
  }
}

void RunLedger::write(const Pending& pending) {
  const bool away = reconnect_at_ && clock_.steady() < *reconnect_at_;
  if (!away) {
    const Result<void> saved = save(pending.record);
    if (saved) return;
    {
      const std::scoped_lock lock(mutex_);
      connection_.reset();
    }
    reconnect_at_ = clock_.steady() + options_.reconnect;
    report_outage(saved.error());
  }
  if (pending.milestone) to_journal(pending.record);
}

Result<void> RunLedger::save(const RunRecord& record) {
  if (!connection_) {
    if (Result<void> connected = connect(); !connected) return connected;
  }
  return RunStore(*connection_).save(record);
}

Result<void> RunLedger::connect() {
  Result<std::unique_ptr<sql::Connection>> opened = open_state(options_.state);
  if (!opened) return fail(std::move(opened).error());
  const std::shared_ptr<sql::Connection> connection = std::move(*opened);
  {
    const std::scoped_lock lock(mutex_);
    connection_ = connection;  // From now on the destructor can cancel it.
  }
  RunStore store(*connection);
  if (Result<void> migrated = store.migrate(); !migrated) return migrated;
  const Result<std::size_t> replayed =
      journal_.replay([&store](const RunRecord& record) { return store.save(record); });
  if (!replayed) return fail(replayed.error());
  reconnect_at_.reset();
  outage_reported_ = false;
  return {};
}

void RunLedger::to_journal(const RunRecord& record) {
  const Result<void> kept = journal_.append(record);
  if (kept) return;
  const Error lost =
      Error(kept.error()).within({"the record of run {} is lost", "运行 {} 的记录丢失"}, record.id);
  log_line(LogLevel::error, lost.what.in(options_.language));
}

void RunLedger::report_outage(const Error& error) {
  if (std::exchange(outage_reported_, true)) return;
  const Error outage = Error(error).within(
      {"the job goes on; records of runs go to {} until the state database {} is back",
       "任务继续进行；状态库 {1} 恢复之前，运行记录写入 {0}"},
      printable(journal_.file().native()), options_.state.redacted());
  log_line(LogLevel::warning, outage.what.in(options_.language));
}

}  // namespace tidemark::run
