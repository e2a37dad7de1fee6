#include "run/schedule.h"

#include "base/bytes.h"

namespace tidemark::run {
namespace {

constexpr std::chrono::seconds jitter_max = std::chrono::hours{24};
constexpr std::size_t zone_bytes_max = 100;

}  // namespace

std::string_view name(JobStatus status) {
  switch (status) {
    case JobStatus::success:
      return "success";
    case JobStatus::partial:
      return "partial";
    case JobStatus::failed:
      return "failed";
    case JobStatus::timed_out:
      return "timed_out";
    case JobStatus::yielded:
      return "yielded";
    case JobStatus::stopped:
      return "stopped";
    case JobStatus::lost:
      return "lost";
  }
  return "failed";
}

Result<Timing> Timing::make(const ScheduleRule& rule) {
  Result<Cron> cron = Cron::parse(rule.cron);
  if (!cron) return fail(std::move(cron));
  auto zone = rule.time_zone.size() <= zone_bytes_max
                  ? watermark::ZoneRules::find(rule.time_zone, WallTime{})
                  : std::nullopt;
  if (!zone)
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"time_zone: this machine does not know '{}'", "time_zone：本机不认识时区“{}”"},
                   printable(rule.time_zone, zone_bytes_max))
            .with_hint({"write it as Asia/Shanghai, UTC or +08:00",
                        "写法如 Asia/Shanghai、UTC 或 +08:00"}));
  if (rule.jitter < std::chrono::seconds{0} || rule.jitter > jitter_max)
    return fail(ErrorKind::invalid_config,
                {"jitter: must be between 0 and {} seconds", "jitter：必须在 0 到 {} 秒之间"},
                jitter_max.count());
  return Timing{.cron = std::move(*cron), .zone = std::move(*zone), .jitter = rule.jitter};
}

std::string Timing::text() const {
  return fmt::format("{}|{}|{}", cron.text(), zone.name(), jitter.count());
}

bool Schedule::long_partial() const {
  constexpr std::int64_t runs_min = 3;
  if (last_status != run::name(JobStatus::partial)) return false;
  if (!last_success_at) {
    const auto partial = runs.find(last_status);
    return partial != runs.end() && partial->second >= runs_min;
  }
  if (!last_started_at || !last_due_at || !next_due_at || *next_due_at <= *last_due_at)
    return false;
  // A success ends some time behind its due time: so half a period less than three of them.
  const auto period = *next_due_at - *last_due_at;
  return *last_started_at - *last_success_at > runs_min * period - period / 2;
}

ScheduleRule Schedule::rule_for(const Job& job) const {
  return {.cron = cron.value_or(job.rule.cron),
          .time_zone = time_zone.value_or(job.rule.time_zone),
          .jitter = jitter.value_or(job.rule.jitter)};
}

}  // namespace tidemark::run
