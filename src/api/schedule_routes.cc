#include "api/schedule_routes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/schedule_json.h"
#include "run/schedule_store.h"
#include "sql/transaction.h"

namespace tidemark::api {
namespace {

Error no_schedule(const std::string& name) {
  return make_error(ErrorKind::not_found, {"there is no job {}", "没有任务 {}"}, name)
      .with_hint({"`tidemark schedule list` lists them", "列表见 `tidemark schedule list`"});
}

const run::Job* job_named(const SchedulePart& schedule, const std::string& name) {
  const auto& jobs = schedule.jobs();
  const auto found = std::ranges::find(jobs, name, &run::Job::name);
  return found == jobs.end() ? nullptr : &*found;
}

/// In the order of registration; rows of jobs that this hub does not know are not shown.
Result<http::Response> list(sql::Connection& connection, const SchedulePart& schedule,
                            WallTime now) {
  const auto rows = run::ScheduleStore(connection).all();
  if (!rows) return fail(rows.error());
  std::vector<std::string> texts;
  for (const run::Job& job : schedule.jobs())
    for (const run::Schedule& row : *rows)
      if (row.name == job.name) texts.push_back(dump(schedule_json(job, row, now)));
  return json_text_answer(200, page_text(texts, std::nullopt));
}

Result<http::Response> show(sql::Connection& connection, const run::Job& job, WallTime now) {
  const auto row = run::ScheduleStore(connection).find(job.name);
  if (!row) return fail(row.error());
  if (!*row) return fail(no_schedule(job.name));
  return json_answer(200, schedule_json(job, **row, now));
}

using Change = std::function<Result<void>(run::Schedule&, WallTime now)>;

/// Inside a transaction.
Result<http::Response> changed(sql::Connection& connection, const run::Job& job, int status,
                               const Change& change, WallTime now) {
  run::ScheduleStore store(connection);
  auto row = store.find_locked(job.name);
  if (!row && row.error().kind == ErrorKind::timeout)
    return fail(ErrorKind::timeout,
                {"another hub holds the row of {}; nothing was changed, try again",
                 "另一个 hub 正占用 {} 的记录；未作任何修改，请重试"},
                job.name);
  if (!row) return fail(std::move(row));
  if (!*row) return fail(no_schedule(job.name));
  if (Result<void> done = change(**row, now); !done) return fail(std::move(done));
  if (Result<void> stored = store.update(**row); !stored) return fail(std::move(stored));
  return json_answer(status, schedule_json(job, **row, now));
}

/// In a transaction of its own.
Result<http::Response> committed(const SchedulePart& schedule, const run::Job& job, int status,
                                 const Change& change, const Clock& clock) {
  auto connection = schedule.connect();
  if (!connection) return fail(std::move(connection));
  return sql::in_transaction(
      **connection, [&] { return changed(**connection, job, status, change, clock.wall()); });
}

/// Puts `change` on the row of `job` and has the scheduler look. Neither in the hub's transaction
/// nor among the questions: the scheduler of a hub that stands still may have the row.
void alter(Services& services, SchedulePart& schedule, const run::Job& job, int status,
           Change change, http::Respond respond) {
  schedule.changes().ask(
      [&services, &schedule, &job, status, change = std::move(change)] {
        return committed(schedule, job, status, change, services.clock);
      },
      [&schedule, respond = std::move(respond)](Result<http::Response> made) mutable {
        schedule.wake();
        respond(made ? std::move(*made) : problem_for(made.error()));
      });
}

void run_now(Services& services, SchedulePart& schedule, const run::Job& job,
             http::Respond respond) {
  if (!job.enabled)
    return respond(problem(409, "job_disabled",
                           Message{job.name + " is disabled on this hub: " + job.why_disabled.en,
                                   job.name + " 在此 hub 上未启用：" + job.why_disabled.zh}));
  alter(
      services, schedule, job, 202,
      [](run::Schedule& row, WallTime now) -> Result<void> {
        if (!row.requested_at) row.requested_at = now;
        return {};
      },
      std::move(respond));
}

}  // namespace

void add_schedule_routes(Gate& gate, Services& services, SchedulePart& schedule) {
  using Handler = std::function<void(const run::Job&, const http::Request&, http::Respond)>;
  const auto of_job = [&schedule](Handler handler) {
    return [&schedule, handler = std::move(handler)](const Caller&, const http::Request& request,
                                                     http::Respond respond) {
      const std::string name = request.capture("name");
      const run::Job* job = job_named(schedule, name);
      if (job == nullptr) return respond(problem_for(no_schedule(name)));
      handler(*job, request, std::move(respond));
    };
  };
  gate.add("GET", "/api/v1/schedules",
           [&services, &schedule](const Caller&, const http::Request&, http::Respond respond) {
             services.read(
                 [&services, &schedule](sql::Connection& connection) {
                   return list(connection, schedule, services.clock.wall());
                 },
                 std::move(respond));
           });
  gate.add("GET", "/api/v1/schedules/{name}",
           of_job([&services](const run::Job& job, const http::Request&, http::Respond respond) {
             services.read(
                 [&services, &job](sql::Connection& connection) {
                   return show(connection, job, services.clock.wall());
                 },
                 std::move(respond));
           }));
  gate.add("PATCH", "/api/v1/schedules/{name}",
           of_job([&services, &schedule](const run::Job& job, const http::Request& request,
                                         http::Respond respond) {
             alter(
                 services, schedule, job, 200,
                 [&job, body = request.body](run::Schedule& row, WallTime) {
                   return change_schedule(job, row, body);
                 },
                 std::move(respond));
           }),
           {.media_types = {"application/json"}});
  gate.add("POST", "/api/v1/schedules/{name}/run",
           of_job([&services, &schedule](const run::Job& job, const http::Request&,
                                         http::Respond respond) {
             run_now(services, schedule, job, std::move(respond));
           }));
}

}  // namespace tidemark::api
