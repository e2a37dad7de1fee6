#include "api/stamp.h"

#include <charconv>

#include "base/civil_time.h"

namespace tidemark::api {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t span_max = 36'500LL * 86'400;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || number < 0)
    return std::nullopt;
  return number;
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
  const auto number = whole_number(text.substr(0, text.size() - 1));
  if (!number || *number > span_max / unit) return std::nullopt;
  return std::chrono::seconds(*number * unit);
}

/// `Z`, `+08:00`; the minutes that the writer's clock is ahead of UTC.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes{0};
  if (text.size() != 6 || text[3] != ':') return std::nullopt;
  if (text[0] != '+' && text[0] != '-' && text[0] != ' ') return std::nullopt;
  const auto hours = whole_number(text.substr(1, 2));
  const auto minutes = whole_number(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::string stamp(WallTime time) {
  const CivilTime civil{std::chrono::local_time<microseconds>(time.time_since_epoch())};
  std::string text = civil.text(6);
  text[10] = 'T';
  return text + 'Z';
}

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
