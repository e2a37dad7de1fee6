#include "watermark/zone_rules.h"

#include <date/tz.h>

#include <exception>

#include "sql/zone.h"

namespace tidemark::watermark {
namespace {

using std::chrono::microseconds;

const date::time_zone* locate(const std::string& name) {
  try {
    return name == "local" ? date::current_zone() : date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

const date::time_zone& rules(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}

date::local_time<microseconds> to_date(CivilTime time) {
  return date::local_time<microseconds>{time.time().time_since_epoch()};
}

}  // namespace

std::optional<ZoneRules> ZoneRules::find(std::string_view name, WallTime now) {
  ZoneRules found;
  found.name_ = name;
  if (const auto offset = sql::parse_offset(name)) {
    found.offset_ = *offset;
    return found;
  }
  constexpr std::string_view system = "SYSTEM (";
  if (name.starts_with(system) && name.ends_with(')')) {
    // An abbreviation alone says little (CST is three zones); together with our own it does.
    const std::string_view abbreviation =
        name.substr(system.size(), name.size() - system.size() - 1);
    if (abbreviation == "UTC" || abbreviation == "GMT") return found;
    const date::time_zone* own = locate("local");
    if (own == nullptr || own->get_info(now).abbrev != abbreviation) return std::nullopt;
    found.name_ = own->name();
    found.zone_ = own;
    return found;
  }
  const date::time_zone* zone = locate(std::string(name));
  if (zone == nullptr) return std::nullopt;
  found.name_ = zone->name();
  found.zone_ = zone;
  return found;
}

CivilTime ZoneRules::civil(WallTime instant) const {
  const microseconds shift =
      zone_ != nullptr ? microseconds{rules(zone_).get_info(instant).offset} : offset_;
  return CivilTime{std::chrono::local_time<microseconds>{instant.time_since_epoch() + shift}};
}

WallTime ZoneRules::first_instant(CivilTime time) const {
  if (zone_ == nullptr) return WallTime{time.time().time_since_epoch() - offset_};
  const date::local_info info = rules(zone_).get_info(to_date(time));
  if (info.result == date::local_info::nonexistent) return WallTime{info.first.end};
  return WallTime{time.time().time_since_epoch() - info.first.offset};
}

ZoneRules::Span ZoneRules::span_at(WallTime instant) const {
  if (zone_ == nullptr) return {WallTime::min(), WallTime::max(), offset_};
  const date::sys_info info = rules(zone_).get_info(instant);
  return {info.begin, info.end, info.offset};
}

bool ZoneRules::changes_within_a_year(WallTime now) const {
  if (zone_ == nullptr) return false;
  return rules(zone_).get_info(now).end < now + std::chrono::days{366};
}

}  // namespace tidemark::watermark
