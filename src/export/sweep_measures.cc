#include "export/sweep_measures.h"

#include <algorithm>

namespace tidemark::exporter {

CivilTime SweepMeasures::read_upto(std::string_view tenant) const {
  if (const auto mark = marks->find(tenant); mark != marks->end()) return mark->second.mark;
  // Its first window begins at the baseline; but it may be another spelling of a tenant that has a
  // watermark, for which runs look among later rows.
  if (!tenants_need_bytes || marks->empty()) return CivilTime::baseline();
  return std::ranges::min_element(*marks, {}, [](const auto& line) { return line.second.mark; })
      ->second.mark;
}

SweepFinding SweepMeasures::finding_of(std::string_view tenant, std::string_view stamp) const {
  constexpr std::size_t day_size = 10;   // 2025-06-01
  constexpr std::size_t time_size = 26;  // 2025-06-01 12:00:00.123456
  const std::optional<CivilTime> time = CivilTime::parse(stamp.substr(0, time_size));
  if (!time || (stamp.size() <= day_size && !whole_days)) return SweepFinding::no_update_time;
  if (*time <= read_upto(tenant)) return SweepFinding::unmoved_update_time;
  if (*time > now + ahead_max) return SweepFinding::future_update_time;
  return SweepFinding::beyond_watermark;
}

}  // namespace tidemark::exporter
