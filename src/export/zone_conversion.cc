#include "export/zone_conversion.h"

#include "watermark/zone_rules.h"

namespace tidemark::exporter {

Result<CivilTime> session_time(sql::Connection& connection, const std::string& zone,
                               WallTime instant) {
  if (connection.dialect() == sql::Dialect::sqlite) {
    const auto rules = watermark::ZoneRules::find(zone, instant);
    if (!rules) return fail(ErrorKind::invalid_config, {"unknown zone {}", "未知时区 {}"}, zone);
    return rules->civil(instant).floor_to(0);
  }
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch()).count();
  const bool mysql = connection.dialect() == sql::Dialect::mysql;
  const Result<std::optional<std::string>> text =
      sql::query_value(connection,
                       mysql ? "SELECT FROM_UNIXTIME(?)"
                             : "SELECT to_timestamp(CAST(? AS double precision))::timestamp",
                       sql::Values{seconds});
  if (!text) return fail(text.error());
  const std::optional<CivilTime> time = CivilTime::parse(text->value_or(""));
  if (!time) {
    return fail(ErrorKind::query, {"the server cannot convert {}", "服务器无法换算 {}"}, seconds);
  }
  return *time;
}

Result<std::chrono::microseconds> clock_difference(sql::Connection& connection,
                                                   const Clock& clock) {
  if (Result<void> set = connection.set_zone("+00:00"); !set) return fail(set.error());
  const WallTime before = clock.wall();
  const Result<CivilTime> server = connection.now();
  if (!server) return fail(server.error());
  const WallTime after = clock.wall();
  const WallTime theirs{server->time().time_since_epoch()};
  if (theirs < before) return theirs - before;
  if (theirs > after) return theirs - after;
  return std::chrono::microseconds{0};
}

}  // namespace tidemark::exporter
