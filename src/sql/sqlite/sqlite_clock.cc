#include "sql/sqlite/sqlite_clock.h"

#include <date/tz.h>

#include <exception>
#include <optional>

namespace tidemark::sql {
namespace {

/// `+08:00`, `-3:30`; at most 14 hours, as the zones of the world.
std::optional<std::chrono::minutes> fixed_offset(std::string_view zone) {
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

}  // namespace

Result<CivilTime> in_zone(CivilTime utc, std::string_view zone) {
  if (zone.empty()) return utc;
  if (const auto offset = fixed_offset(zone)) return utc + *offset;
  try {
    const std::chrono::sys_time<std::chrono::microseconds> instant{utc.time().time_since_epoch()};
    const auto local = date::locate_zone(std::string(zone))->to_local(instant);
    return CivilTime{std::chrono::local_time<std::chrono::microseconds>{local.time_since_epoch()}};
  } catch (const std::exception& unknown) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"unknown time zone {}: {}", "未知时区 {}：{}"}, zone, unknown.what())
                    .with_hint({"write +08:00, or a name such as Asia/Shanghai (package tzdata)",
                                "请写作 +08:00，或 Asia/Shanghai 这样的名称（需安装 tzdata）"}));
  }
}

}  // namespace tidemark::sql
