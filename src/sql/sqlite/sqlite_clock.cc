#include "sql/sqlite/sqlite_clock.h"

#include <date/tz.h>

#include <exception>

#include "sql/zone.h"

namespace tidemark::sql {

Result<CivilTime> in_zone(CivilTime utc, std::string_view zone) {
  if (zone.empty()) return utc;
  if (const auto offset = parse_offset(zone)) return utc + *offset;
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
