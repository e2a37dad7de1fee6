#include "relay/backoff.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::seconds, 12> schedule_default = {1s, 2s, 4s,  30s, 5min, 30min,
                                                                   2h, 5h, 10h, 14h, 20h,  24h};
constexpr std::chrono::seconds long_step = 30s;
constexpr std::chrono::milliseconds probe_first = 5s;
constexpr std::chrono::milliseconds probe_max = 5min;
constexpr std::int64_t probe_doublings = 6;  // 5 s × 2^6 is beyond 5 minutes.

double spread_of(std::chrono::seconds pause) { return pause >= long_step ? 0.5 : 0.2; }

std::chrono::milliseconds spread(std::chrono::milliseconds step, double by, Random& random) {
  const double factor = 1 - by + 2 * by * random.unit();
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(step.count()) * factor));
}

}  // namespace

std::span<const std::chrono::seconds> default_retry_schedule() { return schedule_default; }

std::optional<std::chrono::milliseconds> retry_pause(std::span<const std::chrono::seconds> schedule,
                                                     std::int64_t step, Random& random) {
  if (step < 0 || static_cast<std::size_t>(step) >= schedule.size()) return std::nullopt;
  const std::chrono::seconds pause = schedule[static_cast<std::size_t>(step)];
  return spread(pause, spread_of(pause), random);
}

std::chrono::milliseconds retry_pause_max(std::chrono::seconds step) {
  return std::chrono::milliseconds(std::llround(
      static_cast<double>(std::chrono::milliseconds(step).count()) * (1 + spread_of(step))));
}

std::chrono::milliseconds probe_pause(std::int64_t probes, Random& random) {
  const std::int64_t doublings = std::clamp<std::int64_t>(probes, 0, probe_doublings);
  return spread(std::min(probe_first * (std::int64_t{1} << doublings), probe_max), 0.2, random);
}

}  // namespace tidemark::relay
