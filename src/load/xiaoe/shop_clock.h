#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "http/client.h"

namespace tidemark::load::xiaoe {

/// What the header Date of an answer says, to the second; nullopt if there is none.
[[nodiscard]] std::optional<WallTime> shop_time(const http::ClientResponse& response);

/// What the shop's clock is ahead of this machine's, negative if it is behind; 0 where nothing else
/// is proven: the shop's time is one of whole seconds, true at some moment between request and
/// answer.
[[nodiscard]] std::chrono::microseconds shop_ahead(WallTime asked_at, WallTime shop_time,
                                                   WallTime answered_at);

/// Clocks of shop and machine that are so far apart end a load. The watermark stays `margin` behind
/// this machine's clock; the half of it that no difference may use up is for what the shop shows a
/// little later than it stamps.
[[nodiscard]] constexpr std::chrono::seconds clocks_apart_max(std::chrono::seconds margin) {
  return margin / 2;
}

}  // namespace tidemark::load::xiaoe
