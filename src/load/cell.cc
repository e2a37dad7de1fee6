#include "load/cell.h"

#include <fmt/format.h>

#include "load/money.h"

namespace tidemark::load {
namespace cell {

sql::Value number(const std::optional<std::int64_t>& value) {
  return value ? sql::Value(*value) : sql::Value();
}
sql::Value text(const std::string& value) { return value.empty() ? sql::Value() : value; }
sql::Value yuan(const std::optional<std::int64_t>& fen) {
  return fen ? sql::Value(yuan_text(*fen)) : sql::Value();
}
sql::Value time(const std::optional<CivilTime>& value) {
  return value ? sql::Value(value->text()) : sql::Value();
}

}  // namespace cell

std::string zone_text(std::chrono::minutes utc_offset) {
  const std::int64_t minutes = utc_offset.count() < 0 ? -utc_offset.count() : utc_offset.count();
  return fmt::format("{}{:02}:{:02}", utc_offset.count() < 0 ? '-' : '+', minutes / 60,
                     minutes % 60);
}

CivilTime local_time(WallTime time, std::chrono::minutes utc_offset) {
  return CivilTime(
      std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch() + utc_offset));
}

}  // namespace tidemark::load
