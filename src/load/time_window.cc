#include "load/time_window.h"

#include <algorithm>

namespace tidemark::load {

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

}  // namespace tidemark::load
