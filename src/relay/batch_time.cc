#include "relay/batch_time.h"

#include <date/tz.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/parse_integer.h"

namespace tidemark::relay {
namespace {

std::optional<std::chrono::minutes> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = parse_integer<int>(text.substr(0, 2));
  const auto minutes = parse_integer<int>(text.substr(3));
  if (!hours || !minutes || *hours < 0 || *hours > 23 || *minutes < 0 || *minutes > 59)
    return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

const date::time_zone* zone_called(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {  // The library throws for an unknown name.
    return nullptr;
  }
}

WallTime instant_of(const date::time_zone& zone, date::local_seconds local) {
  const date::local_info info = zone.get_info(local);
  // first.end is where a gap ends; in a fold, first is the earlier of the two.
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return WallTime(local.time_since_epoch() - info.first.offset);
}

}  // namespace

WallTime next_batch_time(const BatchSettings& batch, WallTime now) {
  WallTime due = WallTime::max();
  if (batch.interval.count() > 0) due = now + batch.interval;
  const std::optional<std::chrono::minutes> at = time_of_day(batch.at);
  const date::time_zone* zone = at ? zone_called(batch.zone) : nullptr;
  if (zone != nullptr) {
    const auto second = date::floor<std::chrono::seconds>(now);
    const auto today = date::floor<date::days>(zone->to_local(second));
    for (const int later : {0, 1, 2}) {
      const WallTime candidate = instant_of(*zone, today + date::days(later) + *at);
      if (candidate <= now) continue;
      due = std::min(due, candidate);
      break;
    }
  }
  return due == WallTime::max() ? now : due;
}

Result<void> check_batch_time(const BatchSettings& batch) {
  if (!batch.at.empty() && !time_of_day(batch.at))
    return fail(ErrorKind::rejected,
                {"batch.at is a time of day such as 02:00, not '{}'",
                 "batch.at 应为一天中的时刻，例如 02:00，不能是“{}”"},
                printable(batch.at));
  if (zone_called(batch.zone) == nullptr)
    return fail(ErrorKind::rejected,
                {"batch.zone '{}' is no known time zone", "batch.zone“{}”不是已知的时区"},
                printable(batch.zone));
  return {};
}

}  // namespace tidemark::relay
