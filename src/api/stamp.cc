#include "api/stamp.h"

#include "base/civil_time.h"
#include "base/parse_integer.h"
#include "base/utc_text.h"

namespace tidemark::api {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t span_max = 36'500LL * 86'400;

/// Not below 0.
std::optional<std::int64_t> count_in(std::string_view text) {
  const auto number = parse_integer(text);
  return number && *number >= 0 ? number : std::nullopt;
}

/// `24h`
std::optional<std::chrono::seconds> parse_span(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      return std::nullopt;
  }
  const auto number = count_in(text.substr(0, text.size() - 1));
  if (!number || *number > span_max / unit) return std::nullopt;
  return std::chrono::seconds(*number * unit);
}

/// `Z`, `+08:00`; the minutes that the writer's clock is ahead of UTC.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes{0};
  if (text.size() != 6 || text[3] != ':') return std::nullopt;
  if (text[0] != '+' && text[0] != '-' && text[0] != ' ') return std::nullopt;
  const auto hours = count_in(text.substr(1, 2));
  const auto minutes = count_in(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::string stamp(WallTime time) { return utc_stamp(time); }

std::optional<WallTime> parse_stamp(std::string_view text, WallTime now) {
  if (const auto span = parse_span(text)) return now - *span;
  const std::size_t zone =
      text.ends_with('Z') || text.ends_with('z') ? text.size() - 1 : text.size() - 6;
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' '))
    return std::nullopt;
  const auto offset = parse_offset(text.substr(zone));
  std::string local(text.substr(0, zone));
  local[10] = 'T';
  const auto civil = CivilTime::parse(local);
  if (!offset || !civil) return std::nullopt;
  return WallTime(microseconds(civil->microseconds())) - *offset;
}

}  // namespace tidemark::api
