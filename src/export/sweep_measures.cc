#include "export/sweep_measures.h"

#include <algorithm>
#include <string>

#include "export/path_clean.h"

namespace tidemark::exporter {
namespace {

/// As collations see it that take several spellings for one.
std::string folded(std::string_view tenant) {
  return fold_case(tenant.substr(0, tenant.find_last_not_of(' ') + 1));
}

/// Also of a stamp without seconds, with a zone behind it (UTC), or with a long fraction.
std::optional<CivilTime> time_of(std::string_view stamp) {
  constexpr std::size_t day_size = 10;                           // 2025-06-01
  constexpr std::size_t minute_size = 16;                        // 2025-06-01 12:00
  constexpr std::size_t time_size = 26;                          // 2025-06-01 12:00:00.123456
  const std::size_t zone = stamp.find_first_of("+Z", day_size);  // Or npos.
  std::string text(stamp.substr(0, std::min(zone, time_size)));
  if (text.size() == minute_size) text += ":00";
  return CivilTime::parse(text);
}

}  // namespace

CivilTime SweepMeasures::read_upto(std::string_view tenant) const {
  if (const auto mark = marks->find(tenant); mark != marks->end()) return mark->second.mark;
  // Its first window begins at the baseline; but it may be another spelling of a tenant that has a
  // watermark, for which runs look among later rows.
  CivilTime oldest = CivilTime::baseline();
  if (!tenants_need_bytes) return oldest;
  for (const auto& [other, line] : *marks) {
    if (folded(other) != folded(tenant)) continue;
    oldest = oldest == CivilTime::baseline() ? line.mark : std::min(oldest, line.mark);
  }
  return oldest;
}

SweepFinding SweepMeasures::finding_of(std::string_view tenant, std::string_view stamp) const {
  constexpr std::size_t day_size = 10;  // 2025-06-01
  const std::optional<CivilTime> time = time_of(stamp);
  if (!time || (stamp.size() <= day_size && !whole_days)) return SweepFinding::no_update_time;
  if (*time <= read_upto(tenant)) return SweepFinding::unmoved_update_time;
  if (*time > now + ahead_max) return SweepFinding::future_update_time;
  return SweepFinding::beyond_watermark;
}

}  // namespace tidemark::exporter
