#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "run/schedule_store.h"
#include "run/scheduler.h"
#include "sql/connection.h"
#include "tests/temporary_folder.h"

// For tests: hubs that share a state, with a clock and processes that the test moves.
namespace tidemark::run {

/// A process that runs as long as the test says. It ends with its hub, as the kernel sees to it.
struct SimulatedProcess {
  std::string job;
  std::string group;
  std::string hub;
  SteadyTime ends;  ///< By itself.
  JobEnd how{};
  bool heeds = true;  ///< SIGTERM ends it at once, with 143.
  std::optional<JobEnd> end{};
};

/// All processes that live, and the proof that never two of a job or a group did.
class SimulatedMachine final : public JobLauncher {
 public:
  SimulatedMachine(const Clock& clock, std::string hub, std::vector<SimulatedMachine*>& all)
      : clock_(clock), hub_(std::move(hub)), all_(all) {
    all_.push_back(this);
  }
  ~SimulatedMachine() override { std::erase(all_, this); }

  /// What the next process of any job is like.
  std::chrono::seconds duration{60};
  JobEnd how{};
  bool heeds = true;
  bool refuses = false;
  std::vector<std::string> started;  ///< Names, in order.

  Result<std::unique_ptr<RunningJob>> launch(const Job& job, std::function<void()>) override {
    if (refuses) return fail(ErrorKind::io, {"no more processes", "进程数已满"});
    for (const SimulatedMachine* machine : all_)
      for (const auto& [id, process] : machine->processes_) {
        if (process.end || process.ends <= clock_.steady()) continue;
        EXPECT_NE(process.job, job.name) << "the same job twice at once";
        if (!job.group.empty()) {
          EXPECT_NE(process.group, job.group) << process.job << " beside " << job.name;
        }
      }
    started.push_back(job.name);
    const int id = ++last_id_;
    processes_[id] = {.job = job.name,
                      .group = job.group,
                      .hub = hub_,
                      .ends = clock_.steady() + duration,
                      .how = how,
                      .heeds = heeds};
    return std::make_unique<Handle>(*this, id);
  }
  /// The hub has died.
  void kill_all() { processes_.clear(); }
  [[nodiscard]] std::size_t alive() const {
    return static_cast<std::size_t>(std::ranges::count_if(processes_, [&](const auto& entry) {
      return !entry.second.end && entry.second.ends > clock_.steady();
    }));
  }

 private:
  class Handle final : public RunningJob {
   public:
    Handle(SimulatedMachine& machine, int id) : machine_(machine), id_(id) {}
    ~Handle() override { machine_.processes_.erase(id_); }
    std::optional<JobEnd> ended() override {
      SimulatedProcess& process = machine_.processes_.at(id_);
      if (!process.end && machine_.clock_.steady() >= process.ends) process.end = process.how;
      return process.end;
    }
    void ask_to_stop() override {
      SimulatedProcess& process = machine_.processes_.at(id_);
      if (process.heeds && !ended()) process.end = JobEnd{.exit_code = 143};
    }
    void kill() override {
      SimulatedProcess& process = machine_.processes_.at(id_);
      if (!ended()) process.end = JobEnd{.exit_code = 137, .error = "ended by signal 9"};
    }

   private:
    SimulatedMachine& machine_;
    const int id_;
  };

  const Clock& clock_;
  const std::string hub_;
  std::vector<SimulatedMachine*>& all_;
  std::map<int, SimulatedProcess> processes_;
  int last_id_ = 0;
};

/// Thrown where a hub dies in the midst of its work.
struct Crash {};

/// What may go wrong at each step of the state database.
struct StateFaults {
  bool away = false;                  ///< It cannot be reached.
  int crash_in = 0;                   ///< The hub dies so many steps from now; 0: it does not.
  std::function<void()> at_commit{};  ///< What happens while a commit is waited for.

  [[nodiscard]] Result<void> step() {
    if (crash_in > 0 && --crash_in == 0) throw Crash{};
    if (away) return fail(ErrorKind::unreachable, {"no database", "数据库不可用"});
    return {};
  }
};

/// A connection on which steps fail.
class FaultyConnection final : public sql::Connection {
 public:
  FaultyConnection(std::unique_ptr<sql::Connection> real, StateFaults& faults)
      : real_(std::move(real)), faults_(faults) {}

  [[nodiscard]] sql::Dialect dialect() const override { return real_->dialect(); }
  Result<std::int64_t> execute(std::string_view sql, std::span<const sql::Value> params) override {
    if (Result<void> step = faults_.step(); !step) return fail(std::move(step).error());
    return real_->execute(sql, params);
  }
  Result<std::unique_ptr<sql::Cursor>> query(std::string_view sql,
                                             std::span<const sql::Value> params) override {
    if (Result<void> step = faults_.step(); !step) return fail(std::move(step).error());
    return real_->query(sql, params);
  }
  Result<void> begin(sql::Isolation isolation) override {
    if (Result<void> step = faults_.step(); !step) return step;
    return real_->begin(isolation);
  }
  /// The answer may be lost, too: then it is not known whether it was done.
  Result<void> commit() override {
    if (Result<void> step = faults_.step(); !step) return step;
    if (faults_.at_commit) faults_.at_commit();
    if (Result<void> done = real_->commit(); !done) return done;
    return faults_.step();
  }
  void rollback() override { real_->rollback(); }
  Result<std::int64_t> bulk_insert(std::string_view table, std::span<const std::string> columns,
                                   sql::RowSource& rows) override {
    return real_->bulk_insert(table, columns, rows);
  }
  [[nodiscard]] std::string quoted(std::string_view identifier) const override {
    return real_->quoted(identifier);
  }
  Result<sql::ServerInfo> server() override { return real_->server(); }
  Result<sql::Table> describe(std::string_view table) override { return real_->describe(table); }
  Result<void> set_zone(std::string_view zone) override { return real_->set_zone(zone); }
  Result<CivilTime> now() override { return real_->now(); }
  Result<sql::OpenTransactions> open_transactions() override { return real_->open_transactions(); }
  void cancel() override { real_->cancel(); }

 private:
  std::unique_ptr<sql::Connection> real_;
  StateFaults& faults_;
};

/// A state with the hubs that share it.
class ScheduleWorld {
 public:
  explicit ScheduleWorld(std::vector<Job> jobs, std::uint64_t seed = 1)
      : random(seed),
        jobs_(std::move(jobs)),
        url_(sql::Url::parse("sqlite:" + folder_.text() + "/state.db").value()) {
    connection_ = open();
    EXPECT_TRUE(register_jobs(*connection_, jobs_));
  }

  struct Hub {
    std::unique_ptr<SimulatedMachine> machine;
    std::unique_ptr<Scheduler> scheduler;
  };

  ManualClock clock{WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 15))};
  SeededRandom random;
  StateFaults faults;

  Hub hub(const std::string& name, bool alone = false) { return hub(name, jobs_, alone); }
  /// One with settings of its own.
  Hub hub(const std::string& name, std::vector<Job> jobs, bool alone = false) {
    Hub hub;
    hub.machine = std::make_unique<SimulatedMachine>(clock, name, machines_);
    hub.scheduler =
        std::make_unique<Scheduler>(SchedulerOptions{.hub = name,
                                                     .lease = std::chrono::seconds(60),
                                                     .alone = alone,
                                                     .stop_grace = std::chrono::seconds(30),
                                                     .connect = [this] { return connect(); }},
                                    std::move(jobs), *hub.machine, clock, random);
    return hub;
  }
  /// kill -9: nothing is written, and its processes die with it.
  static void crash(Hub& hub) {
    hub.scheduler.reset();
    hub.machine.reset();
  }

  Schedule row(const std::string& name) {
    return ScheduleStore(*connection_).find(name).value().value();
  }
  void change(const std::string& name, const std::function<void(Schedule&)>& what) {
    Schedule row = this->row(name);
    what(row);
    EXPECT_TRUE(ScheduleStore(*connection_).update(row));
  }
  /// Time passes in steps, and the hubs look after each.
  void pass(std::chrono::seconds time, std::vector<Hub*> hubs,
            std::chrono::seconds step = std::chrono::seconds(5)) {
    for (std::chrono::seconds passed{0}; passed < time; passed += step) {
      clock.advance(step);
      for (Hub* hub : hubs) static_cast<void>(hub->scheduler->turn());
    }
  }

 private:
  std::unique_ptr<sql::Connection> open() {
    auto connection = sql::connect(url_, {.create = true}).value();
    // A simulation is no test of the disk.
    EXPECT_TRUE(connection->execute("PRAGMA synchronous=OFF"));
    return connection;
  }
  Result<std::unique_ptr<sql::Connection>> connect() {
    if (Result<void> step = faults.step(); !step) return fail(std::move(step).error());
    return std::make_unique<FaultyConnection>(open(), faults);
  }

  TemporaryFolder folder_;
  std::vector<Job> jobs_;
  sql::Url url_;
  std::unique_ptr<sql::Connection> connection_;
  std::vector<SimulatedMachine*> machines_;  ///< Those of living hubs.
};

}  // namespace tidemark::run
