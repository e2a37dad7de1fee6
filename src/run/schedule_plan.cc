#include "run/schedule_plan.h"

#include <algorithm>

#include "base/exit_code.h"

namespace tidemark::run {
namespace {

/// So many due times of the past are counted; more is "many".
constexpr std::int64_t missed_max = 10'000;
/// A run that could do nothing (source away, another run has the lock) is tried again so often, and
/// after so long, twice and three times as long.
constexpr std::int64_t retries_max = 3;
constexpr std::chrono::minutes retry_after{5};
/// A step back of the clock by less than this is a correction: what was due runs no second time.
constexpr std::chrono::hours clock_step_max{1};
/// Hubs whose settings differ reckon by turns, each at its every look. A time that came since
/// somebody last looked counts all the same, unless nobody could look for longer than this: then a
/// time of that gap is lost to the rule that did not stand on the row.
constexpr std::chrono::seconds look_back{10};

const Job* job_of(const Planner& planner, const std::string& name) {
  const auto found = std::ranges::find(planner.jobs, name, &Job::name);
  return found == planner.jobs.end() ? nullptr : &*found;
}

std::optional<Timing> timing_of(const Planner& planner, const Schedule& row) {
  const Job* job = job_of(planner, row.name);
  if (job == nullptr) return std::nullopt;
  Result<Timing> timing = Timing::make(row.rule_for(*job));
  if (!timing) return std::nullopt;
  return std::move(*timing);
}

void set_next(Schedule& row, const Planner& planner, const Timing& timing, WallTime after) {
  row.next_due_at = timing.next(after);
  row.next_start_at = row.next_due_at;
  if (row.next_start_at && timing.jitter.count() > 0)
    *row.next_start_at += std::chrono::seconds(
        planner.random.below(static_cast<std::uint64_t>(timing.jitter.count()) + 1));
}

bool lease_is_past(const Schedule& row, const Planner& planner) {
  if (row.owner == planner.hub) return !planner.holds(row.name, row.token);
  return planner.alone || !row.lease_until || *row.lease_until <= planner.now;
}

/// Due times by the rule that holds now. One that lies ahead is looked at again, since the clock
/// may have been far ahead when it was reckoned.
void reckon(Schedule& row, const Planner& planner, const Timing& timing) {
  if (row.rule != timing.text()) {
    const bool is_new = row.rule.empty();
    // What is due by another rule is done before this one counts.
    if (!is_new && row.next_due_at && *row.next_due_at <= planner.now) return;
    WallTime after = planner.now;
    if (!is_new) after -= look_back;
    if (row.last_due_at && *row.last_due_at <= planner.now)
      after = std::max(after, *row.last_due_at);
    row.rule = timing.text();
    set_next(row, planner, timing, after);
    return;
  }
  if (!row.next_due_at || *row.next_due_at <= planner.now) return;
  const auto next = timing.next(planner.now);
  if (!next || *next >= *row.next_due_at) return;
  const bool done_already = row.last_due_at && *row.last_due_at >= *next &&
                            *row.last_due_at <= planner.now + clock_step_max;
  if (!done_already) set_next(row, planner, timing, planner.now);
}

struct Candidate {
  Schedule* row;
  const Job* job;
  std::size_t place;  ///< Of registration.
};

bool is_wanted(const Schedule& row, const Planner& planner) {
  if (row.requested_at) return true;
  if (row.paused) return false;
  return (row.next_start_at && *row.next_start_at <= planner.now) ||
         (row.again_at && *row.again_at <= planner.now);
}

void start(Schedule& row, const Planner& planner, const Timing& timing) {
  row.last_missed = 0;
  if (row.next_due_at && *row.next_due_at <= planner.now) {
    WallTime due = *row.next_due_at;
    auto next = timing.next(due);
    while (next && *next <= planner.now && row.last_missed < missed_max) {
      due = *next;
      ++row.last_missed;
      next = timing.next(due);
    }
    row.last_due_at = due;
    set_next(row, planner, timing, planner.now);
  }
  row.owner = planner.hub;
  ++row.token;
  row.lease_until = planner.now + planner.lease;
  row.asked_to_yield = false;
  row.requested_at.reset();
  row.again_at.reset();
  row.last_started_at = planner.now;
}

/// Before what gives way comes what does not; then the order of registration.
bool goes_before(const Candidate& a, const Candidate& b) {
  if (a.job->gives_way != b.job->gives_way) return b.job->gives_way;
  return a.place < b.place;
}

}  // namespace

void close_run(Schedule& row, const Planner& planner, JobStatus status,
               std::optional<int> exit_code, std::string error) {
  const bool lost_before = row.last_status == name(JobStatus::lost);
  row.owner.clear();
  row.lease_until.reset();
  row.asked_to_yield = false;
  row.last_finished_at = planner.now;
  row.last_status = name(status);
  row.last_error = std::move(error);
  row.last_exit_code.reset();
  if (exit_code) row.last_exit_code = *exit_code;
  ++row.runs[row.last_status];
  if (status == JobStatus::success) row.last_success_at = planner.now;

  const bool did_nothing = exit_code == static_cast<int>(ExitCode::retry_later) ||
                           exit_code == static_cast<int>(ExitCode::locked);
  const bool goes_on = status == JobStatus::yielded || status == JobStatus::stopped ||
                       (status == JobStatus::lost && !lost_before);
  if (goes_on) {
    row.again_at = planner.now;
  } else if (status == JobStatus::failed && did_nothing && row.again_count < retries_max) {
    ++row.again_count;
    row.again_at = planner.now + row.again_count * retry_after;
  } else {
    row.again_count = 0;
  }
  // Of a lost run nobody knows when it ended: what came due since is told as missed.
  if (status == JobStatus::lost || !row.next_due_at || *row.next_due_at > planner.now) return;
  if (const auto timing = timing_of(planner, row)) set_next(row, planner, *timing, planner.now);
}

Plan plan(const Planner& planner, std::vector<Schedule>& rows) {
  Plan made;
  std::vector<Candidate> candidates;
  for (Schedule& row : rows) {
    if (row.running() && lease_is_past(row, planner)) {
      made.lost.push_back(row.name);
      close_run(row, planner, JobStatus::lost, std::nullopt,
                fmt::format("the hub that ran it is gone: {}", row.owner));
    }
    // What is disabled here may be another hub's.
    const Job* job = job_of(planner, row.name);
    if (job == nullptr || !job->enabled) continue;
    row.group = job->group;
    row.gives_way = job->gives_way;
    Result<Timing> timing = Timing::make(row.rule_for(*job));
    if (!timing) {
      made.faults.push_back(std::move(timing).error().within({"{}", "{}"}, row.name));
      continue;
    }
    reckon(row, planner, *timing);
    if (row.running()) continue;
    if (row.paused && row.next_due_at && *row.next_due_at <= planner.now)
      set_next(row, planner, *timing, planner.now);
    if (is_wanted(row, planner))
      candidates.push_back(
          {.row = &row, .job = job, .place = static_cast<std::size_t>(job - planner.jobs.data())});
  }
  std::ranges::sort(candidates, goes_before);
  for (const Candidate& candidate : candidates) {
    const std::string& group = candidate.job->group;
    bool free = true;
    for (Schedule& other : rows) {
      if (group.empty() || !other.running() || other.group != group) continue;
      free = false;
      if (other.gives_way && !candidate.job->gives_way) other.asked_to_yield = true;
    }
    if (!free || planner.stopping) continue;
    if (const auto timing = timing_of(planner, *candidate.row)) {
      start(*candidate.row, planner, *timing);
      made.starts.push_back(candidate.row->name);
    }
  }
  return made;
}

}  // namespace tidemark::run
