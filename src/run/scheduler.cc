#include "run/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/exit_code.h"
#include "base/log.h"
#include "sql/transaction.h"

namespace tidemark::run {
namespace {

constexpr int killed_exit_code = 128 + SIGKILL;

bool was_stopped(const JobEnd& end) {
  return end.exit_code == static_cast<int>(ExitCode::terminated) ||
         end.exit_code == static_cast<int>(ExitCode::interrupted) ||
         end.exit_code == killed_exit_code;
}

JobStatus status_of_code(int exit_code) {
  if (exit_code == static_cast<int>(ExitCode::done)) return JobStatus::success;
  if (exit_code == static_cast<int>(ExitCode::partial)) return JobStatus::partial;
  return JobStatus::failed;
}

void say_ended(const Schedule& row) {
  const bool bad = row.last_status != name(JobStatus::success) &&
                   row.last_status != name(JobStatus::yielded) &&
                   row.last_status != name(JobStatus::stopped);
  std::string line = fmt::format("job {}: {}", row.name, row.last_status);
  if (row.last_exit_code) line += fmt::format(" (exit {})", *row.last_exit_code);
  if (!row.last_error.empty()) line += fmt::format(": {}", row.last_error);
  log_line(bad ? LogLevel::warning : LogLevel::info, line);
}

Schedule* row_of(std::vector<Schedule>& rows, const std::string& name) {
  const auto found = std::ranges::find(rows, name, &Schedule::name);
  return found == rows.end() ? nullptr : &*found;
}

const Schedule* row_of(const std::vector<Schedule>& rows, const std::string& name) {
  const auto found = std::ranges::find(rows, name, &Schedule::name);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

Scheduler::Scheduler(SchedulerOptions options, std::vector<Job> jobs, JobLauncher& launcher,
                     const Clock& clock, Random& random, std::function<void()> changed)
    : options_(std::move(options)),
      jobs_(std::move(jobs)),
      launcher_(launcher),
      clock_(clock),
      random_(random),
      changed_(std::move(changed)) {}

Scheduler::~Scheduler() { kill_all(); }

Result<void> Scheduler::turn() {
  watch_all();
  Result<void> done = look();
  if (!done) connection_.reset();
  report(done);
  return done;
}

void Scheduler::begin_stop() {
  stopping_ = true;
  for (auto& [name, run] : runs_) ask(run, Asked::by_end);
}

void Scheduler::kill_all() {
  for (auto& [name, run] : runs_) kill(run);
}

void Scheduler::watch_all() {
  for (auto& [name, run] : runs_) watch(run);
}

void Scheduler::watch(Run& run) {
  if (!run.end) run.end = run.process->ended();
  if (run.end) return;
  const SteadyTime now = clock_.steady();
  const auto unproven = now - run.renewed;
  if (now - run.started >= run.job->duration_max) ask(run, Asked::by_limit);
  // Where no other hub can be, nobody takes what a lease does not hold.
  const bool leased = !options_.alone;
  if (leased && unproven >= options_.lease / 2) ask(run, Asked::by_lease);
  if ((leased && unproven >= options_.lease * 3 / 4) || (run.kill_at && now >= *run.kill_at))
    kill(run);
}

void Scheduler::ask(Run& run, Asked why) {
  if (run.end) return;
  // Asked once: a second signal would end the process where it stands. A stronger reason counts.
  if (run.asked == Asked::no) {
    run.process->ask_to_stop();
    run.kill_at = clock_.steady() + options_.stop_grace;
  }
  if (run.asked == Asked::no || run.asked == Asked::to_yield) run.asked = why;
}

void Scheduler::kill(Run& run) {
  if (run.end || run.killed) return;
  run.killed = true;
  run.process->kill();
}

JobStatus Scheduler::status_of(const Run& run) const {
  if (!was_stopped(*run.end)) return status_of_code(run.end->exit_code);
  switch (run.asked) {
    case Asked::no:  // Somebody else's signal; SIGKILL is the kernel's, for want of memory, say.
      return run.end->exit_code == killed_exit_code ? JobStatus::failed : JobStatus::stopped;
    case Asked::to_yield:
      return JobStatus::yielded;
    case Asked::by_limit:
      return JobStatus::timed_out;
    case Asked::by_end:
      return JobStatus::stopped;
    case Asked::by_lease:
      return JobStatus::lost;
  }
  return JobStatus::failed;
}

Planner Scheduler::planner(WallTime now) {
  return {.hub = options_.hub,
          .jobs = jobs_,
          .now = now,
          .lease = options_.lease,
          .alone = options_.alone,
          .stopping = stopping_,
          .holds =
              [this](const std::string& name, std::int64_t token) {
                const auto run = runs_.find(name);
                return run != runs_.end() && run->second.token == token;
              },
          .random = random_};
}

Result<void> Scheduler::open() {
  if (!connection_) {
    auto connection = options_.connect();
    if (!connection) return fail(std::move(connection));
    connection_ = std::move(*connection);
  }
  return {};
}

Result<void> Scheduler::look() {
  // Each wait on the database may take as long as a lease does.
  const Result<void> opened = open();
  watch_all();
  if (!opened) return opened;
  ScheduleStore store(*connection_);
  const SteadyTime asked_at = clock_.steady();
  const Result<WallTime> now = store.now(clock_);
  if (!now) return fail(now.error());
  const Result<std::vector<Schedule>> rows = store.all();
  if (!rows) return fail(rows.error());
  // Most looks find nothing to do, which is seen without a lock by planning on a copy.
  std::vector<Schedule> tried = *rows;
  apply(tried, planner(*now), asked_at);
  report_faults(plan(planner(*now), tried));
  watch_all();
  if (tried == *rows) {
    follow_rows(*rows);
    return {};
  }
  Result<Plan> decided = decide();
  watch_all();
  // The server may have chosen us to end a deadlock.
  if (!decided && decided.error().kind == ErrorKind::timeout) {
    decided = decide();
    watch_all();
  }
  if (!decided) return fail(std::move(decided));
  follow(*decided, written_);
  return {};
}

void Scheduler::apply(std::vector<Schedule>& rows, const Planner& planner,
                      SteadyTime asked_at) const {
  for (const auto& [name, run] : runs_) {
    Schedule* row = row_of(rows, name);
    if (row == nullptr || row->owner != options_.hub || row->token != run.token) continue;
    if (run.end) {
      const JobStatus status = status_of(run);
      std::string error = run.end->error;
      if (status == JobStatus::timed_out)
        error = fmt::format("it took longer than {} s", run.job->duration_max.count());
      if (status == JobStatus::lost) error = "the state database was away: the lease ended";
      if (run.killed && status != JobStatus::lost)
        error += fmt::format("{}killed: it did not stop when it was asked to",
                             error.empty() ? "" : "; ");
      close_run(*row, planner, status, run.end->exit_code, std::move(error));
    } else if (asked_at - run.renewed >= options_.lease / 6) {
      row->lease_until = planner.now + planner.lease;
    }
  }
}

Result<Plan> Scheduler::decide() {
  ScheduleStore store(*connection_);
  const SteadyTime asked_at = clock_.steady();
  Result<Plan> decided =
      sql::in_transaction(*connection_, [&] { return decide_locked(store, asked_at); });
  if (!decided) return decided;
  for (auto& [name, run] : runs_) {
    const Schedule* row = row_of(written_, name);
    if (row != nullptr && row->owner == options_.hub && row->token == run.token && !run.end &&
        asked_at - run.renewed >= options_.lease / 6)
      run.renewed = asked_at;
  }
  decided_at_ = asked_at;
  return decided;
}

Result<Plan> Scheduler::decide_locked(ScheduleStore& store, SteadyTime asked_at) {
  // The lock first, then the time: whoever waited for the lock must not plan with an old clock.
  Result<std::vector<Schedule>> rows = store.all_locked();
  if (!rows) return fail(std::move(rows));
  const Result<WallTime> now = store.now(clock_);
  if (!now) return fail(now.error());
  const std::vector<Schedule> before = *rows;
  const Planner planning = planner(*now);
  apply(*rows, planning, asked_at);
  Plan made = plan(planning, *rows);
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if ((*rows)[i] == before[i]) continue;
    if (Result<void> stored = store.update((*rows)[i]); !stored)
      return fail(std::move(stored).error());
  }
  written_ = std::move(*rows);
  return made;
}

void Scheduler::report_faults(const Plan& plan) {
  std::map<std::string, std::string> faults;
  for (const Error& fault : plan.faults) {
    const std::string job = fault.what.en.substr(0, fault.what.en.find(':'));
    const std::string& text = faults[job] = fault.what.en;
    if (const auto before = faults_reported_.find(job);
        before == faults_reported_.end() || before->second != text)
      log_line(LogLevel::error, fmt::format("schedule of {}", text));
  }
  faults_reported_ = std::move(faults);  // One that was mended is told again when it comes back.
}

void Scheduler::follow(const Plan& plan, const std::vector<Schedule>& rows) {
  for (const std::string& name : plan.lost)
    log_line(LogLevel::warning,
             fmt::format("job {}: its hub is gone; its run counts as lost", name));
  std::erase_if(runs_, [&](const auto& entry) {
    const auto& [name, run] = entry;
    if (!run.end) return false;
    const Schedule* row = row_of(rows, name);
    if (row == nullptr || row->token != run.token) return true;
    // It ended while these rows were being written: the next look writes how.
    if (row->owner == options_.hub) return false;
    say_ended(*row);
    return true;
  });
  follow_rows(rows);
  for (const std::string& name : plan.starts)
    if (const Schedule* row = row_of(rows, name)) launch(*row);
}

void Scheduler::follow_rows(const std::vector<Schedule>& rows) {
  for (auto entry = runs_.begin(); entry != runs_.end();) {
    auto& [name, run] = *entry;
    const Schedule* row = row_of(rows, name);
    if (row != nullptr && row->owner == options_.hub && row->token == run.token) {
      if (row->asked_to_yield && run.asked == Asked::no && !run.end) {
        log_line(LogLevel::info, fmt::format("job {}: asked to give way", name));
        ask(run, Asked::to_yield);
      }
      ++entry;
      continue;
    }
    if (run.end) {
      // Perhaps it was we who wrote that, in a commit whose answer was lost.
      log_line(LogLevel::info, fmt::format("job {}: over; its row says so already", name));
    } else {
      log_line(
          LogLevel::warning,
          fmt::format("job {}: another hub has taken it over; this run of it is killed", name));
      kill(run);
    }
    entry = runs_.erase(entry);
  }
}

void Scheduler::launch(const Schedule& row) {
  const auto job = std::ranges::find(jobs_, row.name, &Job::name);
  Run run{.job = &*job, .token = row.token, .started = clock_.steady(), .renewed = decided_at_};
  log_line(LogLevel::info,
           row.last_missed == 0
               ? fmt::format("job {}: started", row.name)
               : fmt::format("job {}: started, once for this and {} missed times before", row.name,
                             row.last_missed));
  auto process = launcher_.launch(*job, changed_);
  if (process) {
    run.process = std::move(*process);
  } else {
    run.end =
        JobEnd{.exit_code = static_cast<int>(ExitCode::failed), .error = process.error().what.en};
    changed_();
  }
  runs_.insert_or_assign(row.name, std::move(run));
}

void Scheduler::report(const Result<void>& done) {
  if (done) {
    if (std::exchange(outage_reported_, false))
      log_line(LogLevel::info, "schedule: the state database is back");
    return;
  }
  if (std::exchange(outage_reported_, true)) return;
  log_line(LogLevel::warning,
           fmt::format("schedule: jobs wait for the state database: {}", done.error().what.en));
}

}  // namespace tidemark::run
