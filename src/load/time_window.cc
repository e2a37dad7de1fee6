#include "load/time_window.h"

#include <algorithm>
#include <utility>

namespace tidemark::load {

TimeWindow common(const TimeWindow& a, const TimeWindow& b) {
  return {std::max(a.from, b.from), std::min(a.upto, b.upto)};
}

std::vector<TimeWindow> without(const TimeWindow& whole, std::span<const TimeWindow> holes) {
  constexpr std::chrono::seconds second{1};
  std::vector<TimeWindow> rest = {whole};
  for (const TimeWindow& hole : holes) {
    std::vector<TimeWindow> smaller;
    for (const TimeWindow& piece : rest) {
      if (common(piece, hole).empty()) {
        smaller.push_back(piece);
        continue;
      }
      if (piece.from < hole.from) smaller.push_back({piece.from, hole.from - second});
      if (hole.upto < piece.upto) smaller.push_back({hole.upto + second, piece.upto});
    }
    rest = std::move(smaller);
  }
  std::erase_if(rest, [](const TimeWindow& piece) { return piece.empty(); });
  return rest;
}

std::vector<TimeWindow> tiled(const TimeWindow& whole, std::chrono::seconds longest) {
  constexpr std::chrono::seconds second{1};
  std::vector<TimeWindow> windows;
  for (CivilTime from = whole.from; from <= whole.upto;) {
    const CivilTime upto = std::min(whole.upto, from + longest - second);
    windows.push_back({from, upto});
    from = upto + second;
  }
  return windows;
}

CivilTime start_of_day(const CivilTime& time) {
  return CivilTime(std::chrono::floor<std::chrono::days>(time.time()));
}

CivilTime end_of_day(const CivilTime& time) {
  return start_of_day(time) + std::chrono::days(1) - std::chrono::seconds(1);
}

TimeWindow whole_days(const TimeWindow& window) {
  return {start_of_day(window.from), end_of_day(window.upto)};
}

std::vector<TimeWindow> days_of(const TimeWindow& window) {
  std::vector<TimeWindow> days;
  for (CivilTime from = window.from; from <= window.upto;
       from = days.back().upto + std::chrono::seconds(1))
    days.push_back({from, std::min(window.upto, end_of_day(from))});
  return days;
}

}  // namespace tidemark::load
