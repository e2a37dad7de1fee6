#include "export/packed_part_name.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

namespace tidemark::exporter {

std::string packed_run_name(WallTime now) {
  return fmt::format("{:%Y%m%dT%H%M%S}-{:06}", std::chrono::floor<std::chrono::seconds>(now),
                     now.time_since_epoch().count() % 1'000'000);
}

/// nullopt if packed_run_name() writes no such name.
std::optional<WallTime> packed_run_time(std::string_view name) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(name.data() + at, name.data() + at + digits, value);
    return value;
  };
  if (name.size() != packed_run_name({}).size()) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return std::nullopt;
  const WallTime time = std::chrono::sys_days(day) + std::chrono::hours(number(9, 2)) +
                        std::chrono::minutes(number(11, 2)) + std::chrono::seconds(number(13, 2)) +
                        std::chrono::microseconds(number(16, 6));
  // What was not all digits reads differently.
  if (packed_run_name(time) != name) return std::nullopt;
  return time;
}

std::string run_of_part(std::string_view file) {
  const std::string run(file.substr(0, packed_run_name({}).size()));
  return packed_run_time(run) ? run : std::string();
}

}  // namespace tidemark::exporter
