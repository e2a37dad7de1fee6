#include "load/xiaoe/shop_clock.h"

#include "http/retry_after.h"

namespace tidemark::load::xiaoe {

std::optional<WallTime> shop_time(const http::ClientResponse& response) {
  const auto date = response.headers.find("date");
  if (!date) return std::nullopt;
  // A date in that field counts from the moment that is handed in: here from 1970.
  const auto since_1970 = http::parse_retry_after(*date, WallTime{});
  return since_1970 ? std::optional(WallTime{} + *since_1970) : std::nullopt;
}

std::chrono::microseconds shop_ahead(WallTime asked_at, WallTime shop_time, WallTime answered_at) {
  if (shop_time > answered_at) return shop_time - answered_at;
  const WallTime latest = shop_time + std::chrono::seconds(1);
  return latest < asked_at ? latest - asked_at : std::chrono::microseconds{0};
}

}  // namespace tidemark::load::xiaoe
