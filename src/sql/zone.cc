#include "sql/zone.h"

namespace tidemark::sql {

std::optional<std::chrono::minutes> parse_offset(std::string_view zone) {
  if (zone.size() < 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  const std::size_t colon = zone.find(':');
  if (colon == std::string_view::npos || colon > 3 || zone.size() != colon + 3) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  for (std::size_t i = 1; i < zone.size(); ++i) {
    if (i == colon) continue;
    if (zone[i] < '0' || zone[i] > '9') return std::nullopt;
    int& part = i < colon ? hours : minutes;
    part = part * 10 + (zone[i] - '0');
  }
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return zone[0] == '-' ? -offset : offset;
}

}  // namespace tidemark::sql
