#include "api/alert_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "run/schedule_store.h"

namespace tidemark::api {
namespace {

using alert::Figure;
using alert::Figures;
using alert::Subject;

constexpr std::size_t named_max = 3;
constexpr std::size_t name_bytes_max = 60;
constexpr std::size_t error_bytes_max = 120;

/// What a receiver will never take: relay/verdict.h parks it at once.
constexpr std::array rejected_codes = {"HTTP_400", "HTTP_413", "HTTP_422"};

Figure count(std::int64_t number) { return {.value = static_cast<double>(number)}; }

/// The first few names, and how many more there are.
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), named_max); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", names[i]);
  if (names.size() > named_max) text += fmt::format(", … (+{})", names.size() - named_max);
  return text;
}

double seconds_of(std::chrono::microseconds span) {
  return static_cast<double>(span.count()) / 1e6;
}

/// The endpoints with the highest figures, with these.
template <class Member>
std::string worst(std::vector<relay::EndpointBacklog> endpoints, Member figure) {
  std::erase_if(endpoints,
                [&](const auto& endpoint) { return std::invoke(figure, endpoint) <= 0; });
  std::ranges::sort(endpoints, std::ranges::greater{}, figure);
  std::vector<std::string> names;
  for (const auto& endpoint : endpoints)
    names.push_back(fmt::format("{} ({})", printable(endpoint.name, name_bytes_max),
                                std::invoke(figure, endpoint)));
  return listed(names);
}

Figure rejected(const relay::SyncStats& stats) {
  std::int64_t sum = 0;
  std::vector<std::string> names;
  // Parked ones alone: of a batch that was refused as a whole each is sent again by itself first.
  for (const auto& [code, retrying, parked] : stats.failures) {
    if (parked == 0 || std::ranges::find(rejected_codes, code) == rejected_codes.end()) continue;
    sum += parked;
    names.push_back(fmt::format("{} ({})", code, parked));
  }
  Figure figure = count(sum);
  figure.detail = listed(names);
  return figure;
}

/// Of the receiver where they are most; nothing if none was ever compared.
Figure differences(const relay::SyncStats& stats) {
  Figure figure;
  for (const relay::EndpointBacklog& endpoint : stats.endpoints)
    if (endpoint.differences)
      figure.value = std::max(figure.value.value_or(0), static_cast<double>(*endpoint.differences));
  figure.detail = worst(stats.endpoints, [](const relay::EndpointBacklog& endpoint) {
    return endpoint.differences.value_or(0);
  });
  return figure;
}

bool is_failed(const run::Schedule& schedule) {
  return schedule.last_status == name(run::JobStatus::failed) ||
         schedule.last_status == name(run::JobStatus::timed_out) ||
         schedule.last_status == name(run::JobStatus::lost);
}

/// The jobs of which `counts` is true, each with what its last run said.
template <class Counts>
Figure jobs_where(const std::vector<run::Schedule>& schedules, Counts counts) {
  std::vector<std::string> names;
  for (const run::Schedule& schedule : schedules)
    if (!schedule.paused && counts(schedule))
      names.push_back(schedule.last_error.empty()
                          ? schedule.name
                          : fmt::format("{} ({})", schedule.name,
                                        printable(schedule.last_error, error_bytes_max)));
  Figure figure = count(std::ssize(names));
  figure.detail = listed(names);
  return figure;
}

}  // namespace

Figures alert_figures(const relay::SyncStats& stats, const std::vector<run::Schedule>& schedules,
                      const WatchedJobs& jobs) {
  Figures figures;
  figures[Subject::success_rate_1h] = {.value = stats.success_rate_1h(),
                                       .sample = stats.delivered_1h + stats.failed_1h};
  figures[Subject::success_rate_24h] = {.value = stats.success_rate(),
                                        .sample = stats.delivered_24h + stats.failed_24h};
  if (stats.delivered_1h > 0) {
    figures[Subject::latency_mean] = {.value = seconds_of(stats.latency_mean),
                                      .sample = stats.delivered_1h};
    figures[Subject::latency_p99] = {.value = seconds_of(stats.latency_p99),
                                     .sample = stats.delivered_1h};
  }
  std::int64_t most = 0;
  for (const relay::EndpointBacklog& endpoint : stats.endpoints)
    most = std::max(most, endpoint.failures);
  figures[Subject::failures_in_row] = count(most);
  figures[Subject::failures_in_row].detail =
      worst(stats.endpoints, &relay::EndpointBacklog::failures);
  figures[Subject::failures_1h] = count(stats.failed_1h);
  figures[Subject::parked_rejected] = rejected(stats);
  figures[Subject::backlog] = count(stats.backlog);
  figures[Subject::backlog].detail = worst(stats.endpoints, &relay::EndpointBacklog::unfinished);
  figures[Subject::retrying] = count(stats.retrying);
  figures[Subject::check_differences] = differences(stats);
  figures[Subject::jobs_failed] = jobs_where(schedules, [&](const run::Schedule& schedule) {
    return jobs.all.contains(schedule.name) && is_failed(schedule);
  });
  figures[Subject::jobs_partial] = jobs_where(schedules, [&](const run::Schedule& schedule) {
    return jobs.all.contains(schedule.name) && !jobs.partial_is_usual.contains(schedule.name) &&
           schedule.long_partial();
  });
  return figures;
}

Result<Figures> read_alert_figures(sql::Connection& connection, const WatchedJobs& jobs,
                                   WallTime now) {
  const auto stats = relay::sync_stats(connection, now);
  if (!stats) return fail(stats.error());
  const auto schedules = run::ScheduleStore(connection).all();
  if (!schedules) return fail(schedules.error());
  return alert_figures(*stats, *schedules, jobs);
}

}  // namespace tidemark::api
