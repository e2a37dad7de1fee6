#include "base/utc_text.h"

#include "base/civil_time.h"

namespace tidemark {
namespace {

constexpr std::size_t between_date_and_time = 10;

}  // namespace

std::string utc_text(WallTime time, int decimals) {
  return CivilTime(std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch()))
      .text(decimals);
}

std::string utc_stamp(WallTime time, int decimals) {
  std::string text = utc_text(time, decimals);
  text[between_date_and_time] = 'T';
  return text + 'Z';
}

}  // namespace tidemark
