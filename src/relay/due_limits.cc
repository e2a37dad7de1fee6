#include "relay/due_limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "relay/backoff.h"
#include "relay/batch_time.h"
#include "relay/verdict.h"

namespace tidemark::relay {
namespace {

using std::chrono::microseconds;

/// By retry_step: 0 while nothing of the schedule was used.
std::string longest_pause(std::span<const std::chrono::seconds> schedule, microseconds at_least) {
  microseconds longest = at_least;
  std::string text = fmt::format("CASE retry_step WHEN 0 THEN {}", at_least.count());
  for (std::size_t step = 0; step < schedule.size(); ++step) {
    const microseconds pause = std::max<microseconds>(at_least, retry_pause_max(schedule[step]));
    longest = std::max(longest, pause);
    text += fmt::format(" WHEN {} THEN {}", step + 1, pause.count());
  }
  return text + fmt::format(" ELSE {} END", longest.count());
}

}  // namespace

DueLimits due_limits(const SubscriptionSettings& settings, WallTime now) {
  const std::span<const std::chrono::seconds> schedule =
      settings.retry_schedule.empty()
          ? default_retry_schedule()
          : std::span<const std::chrono::seconds>(settings.retry_schedule);
  return {.first = settings.mode == Mode::batch ? next_batch_time(settings.batch, now) : now,
          .pause_us = fmt::format("CASE WHEN last_status_code IS NULL THEN {} ELSE {} END",
                                  longest_pause(schedule, microseconds{0}),
                                  longest_pause(schedule, retry_after_max))};
}

}  // namespace tidemark::relay
