#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "run/journal.h"
#include "run/run_record.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::run {

/// The counts of a run so far, as a JSON object: `{"rows_read":1200}`. Cheap; called from the
/// ledger's thread, so it must be thread-safe; it must not call the ledger. Never called after the
/// run was finished.
using CountsCallback = std::function<std::string()>;

struct LedgerOptions {
  sql::Url state;                 ///< With its password.
  std::filesystem::path journal;  ///< state_folder() / "journal.ndjson"
  Language language = Language::english;
  std::chrono::milliseconds heartbeat{10'000};
  /// While the database is away, it is asked again so often.
  std::chrono::milliseconds reconnect{30'000};
  /// At the end of the process, an unresponsive database is waited for so long, then the journal
  /// takes over.
  std::chrono::milliseconds patience{2'000};
};

/// How a run ended.
struct RunEnd {
  RunStatus status = RunStatus::success;
  std::string counts = "{}";
  std::string error{};  ///< English; no secrets.
  int exit_code = 0;
};

class RunLedger;

/// A run that has begun. Destroyed without finish(), it is recorded as failed.
class ActiveRun {
 public:
  ActiveRun(ActiveRun&& other) noexcept;
  ActiveRun& operator=(ActiveRun&&) = delete;
  ~ActiveRun();

  [[nodiscard]] const std::string& id() const { return id_; }
  void finish(RunEnd end);

 private:
  friend class RunLedger;
  ActiveRun(RunLedger& ledger, std::string id) : ledger_(&ledger), id_(std::move(id)) {}

  RunLedger* ledger_;
  std::string id_;
};

/// Keeps the record of runs in the state database, from a thread of its own: no call waits for it,
/// none can fail. When the database is away this is logged once, begin and end of each run go to
/// the journal, and the next process that reaches the database replays them.
/// The destructor waits for what is still to be written, a few seconds at most; every run must be
/// finished by then. Thread-safe.
class RunLedger {
 public:
  /// `clock` must outlive it.
  RunLedger(LedgerOptions options, const Clock& clock);
  ~RunLedger();
  RunLedger(const RunLedger&) = delete;
  RunLedger& operator=(const RunLedger&) = delete;

  [[nodiscard]] ActiveRun begin(std::string job, std::string command, Random& random,
                                CountsCallback counts = {});

 private:
  friend class ActiveRun;
  struct Active {
    RunRecord record;
    CountsCallback counts;
  };
  struct Pending {
    RunRecord record;
    bool milestone = false;  ///< Begin or end: must not be lost. A heartbeat may be.
  };

  void finish(const std::string& id, RunEnd end);
  void enqueue(RunRecord record, bool milestone);
  void loop();
  void beat();
  void write(const Pending& pending);
  [[nodiscard]] Result<void> save(const RunRecord& record);
  [[nodiscard]] Result<void> connect();
  void to_journal(const RunRecord& record);
  void report_outage(const Error& error);

  const LedgerOptions options_;
  const Clock& clock_;
  const Journal journal_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::map<std::string, Active> active_;    ///< By id.
  std::map<std::string, Pending> pending_;  ///< The newest state of each run.
  std::optional<Pending> in_flight_;
  std::shared_ptr<sql::Connection> connection_;
  bool ending_ = false;

  // The thread's own.
  std::optional<SteadyTime> reconnect_at_;
  bool outage_reported_ = false;
  std::thread thread_;
};

}  // namespace tidemark::run
