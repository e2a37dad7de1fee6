#include "load/old_progress.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "load/cell.h"

namespace tidemark::load {
namespace {

constexpr std::string_view blanks = " \t\r\n\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// `1735689600`, `1735689600.25`
std::optional<CivilTime> unix_seconds(std::string_view text, std::chrono::minutes utc_offset) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  if (decimals.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  // More digits are no seconds, and would not fit microseconds.
  constexpr std::size_t digits_max = 12;
  if (point == 0 || point > digits_max) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + point, seconds);
  if (error != std::errc{} || end != text.data() + point) return std::nullopt;
  return local_time(WallTime(std::chrono::seconds(seconds)), utc_offset);
}

}  // namespace

Result<CivilTime> old_progress(std::string_view text, std::chrono::minutes utc_offset,
                               const CivilTime& earliest, const CivilTime& now) {
  const std::string_view line = trimmed(text);
  constexpr std::size_t time_length = std::string_view("2025-01-31 00:00:00").size();
  std::optional<CivilTime> time = unix_seconds(line, utc_offset);
  if (!time && line.size() >= time_length) time = CivilTime::parse(line);
  if (!time)
    return fail(ErrorKind::rejected,
                {"'{}' is neither a Unix timestamp nor a time such as 2025-01-31 08:00:00",
                 "“{}”既不是 Unix 时间戳，也不是 2025-01-31 08:00:00 这样的时间"},
                printable(line, 60));
  *time = time->floor_to(0);
  if (*time < earliest || *time > now)
    return fail(ErrorKind::rejected,
                {"{} cannot be: it must lie between {} and now, {}",
                 "{} 不合理：应在 {} 与当前时间 {} 之间"},
                time->text(), earliest.text(), now.text());
  return *time;
}

}  // namespace tidemark::load
