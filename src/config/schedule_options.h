#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemark::config {

/// A job that `tidemark serve` can run by schedule: its table `[schedule.jobs.NAME]`, where its
/// hyphens are underscores as in all keys, and the defaults in it.
struct ScheduledJob {
  std::string_view name;
  std::string_view cron;
  std::string_view jitter;
  std::string_view duration_max;
  std::string_view en;  ///< What it does, a sentence without full stop.
  std::string_view zh;
};

/// In the order of precedence: of those that cannot run beside each other the first comes first.
[[nodiscard]] std::span<const ScheduledJob> scheduled_jobs();

/// `load-orders` and `cron` make `schedule.jobs.load_orders.cron`.
[[nodiscard]] std::string job_key(std::string_view job, std::string_view name);

}  // namespace tidemark::config
