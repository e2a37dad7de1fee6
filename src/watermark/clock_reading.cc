#include "watermark/clock_reading.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <fstream>

#include "base/parse_integer.h"

namespace tidemark::watermark {
namespace {

using std::chrono::microseconds;

constexpr char separator = '|';
/// Some 30,000 years: differences of two such times are no overflow.
constexpr std::int64_t microseconds_max = 1'000'000'000'000'000'000;
/// What asking takes, and what time daemons correct now and then.
constexpr std::chrono::seconds usual_adjustment{2};

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

microseconds since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::duration_cast<microseconds>(std::chrono::seconds{time.tv_sec} +
                                                  std::chrono::nanoseconds{time.tv_nsec});
}

}  // namespace

ClockReading read_clocks(const Clock& clock) {
  return {.database = {}, .boot = boot_id(), .since_boot = since_boot(), .wall = clock.wall()};
}

std::string format_reading(const ClockReading& reading) {
  return fmt::format("{1}{0}{2}{0}{3}{0}{4}", separator, reading.database.text(6), reading.boot,
                     reading.since_boot.count(), reading.wall.time_since_epoch().count());
}

std::optional<ClockReading> parse_reading(std::string_view text) {
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = text.find(separator);
    if ((end == std::string_view::npos) != (i + 1 == fields.size())) return std::nullopt;
    fields[i] = text.substr(0, end);
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  const std::optional<CivilTime> database = CivilTime::parse(fields[0]);
  const auto since_boot = parse_integer<std::int64_t>(fields[2]);
  const auto wall = parse_integer<std::int64_t>(fields[3]);
  const auto is_time = [](const std::optional<std::int64_t>& count) {
    return count && *count >= 0 && *count <= microseconds_max;
  };
  if (!database || !is_time(since_boot) || !is_time(wall)) return std::nullopt;
  return ClockReading{.database = *database,
                      .boot = std::string(fields[1]),
                      .since_boot = microseconds{*since_boot},
                      .wall = WallTime{microseconds{*wall}}};
}

microseconds set_back(const ClockReading& before, const ClockReading& now) {
  const bool same_boot = !now.boot.empty() && now.boot == before.boot;
  const microseconds passed =
      same_boot ? now.since_boot - before.since_boot : now.wall - before.wall;
  const microseconds by = passed - (now.database - before.database);
  return by > usual_adjustment ? by : microseconds{0};
}

}  // namespace tidemark::watermark
