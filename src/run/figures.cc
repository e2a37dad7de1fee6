#include "run/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace tidemark::run {

std::string count_text(std::uint64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // What would be rounded to 1024.0 is one of the next unit.
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string timer_text(std::chrono::milliseconds elapsed) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  if (seconds < 3600) return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string duration_text(std::chrono::milliseconds duration, Language language) {
  const bool chinese = language == Language::chinese;
  const double exact = static_cast<double>(duration.count()) / 1000;
  if (exact < 9.95)
    return chinese ? fmt::format("{:.1f}秒", exact) : fmt::format("{:.1f} s", exact);
  const auto seconds = std::llround(exact);
  if (seconds < 60) return chinese ? fmt::format("{}秒", seconds) : fmt::format("{} s", seconds);
  if (seconds < 3600)
    return chinese ? fmt::format("{}分{}秒", seconds / 60, seconds % 60)
                   : fmt::format("{} min {} s", seconds / 60, seconds % 60);
  const auto hours = seconds / 3600;
  if (hours < 48)
    return chinese ? fmt::format("{}小时{}分", hours, seconds / 60 % 60)
                   : fmt::format("{} h {} min", hours, seconds / 60 % 60);
  return chinese ? fmt::format("{}天{}小时", hours / 24, hours % 24)
                 : fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string rate_text(double per_second) {
  if (per_second < 9.995) return fmt::format("{:.2f}/s", per_second);
  return count_text(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
}

}  // namespace tidemark::run
