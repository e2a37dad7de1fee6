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

}  // namespace tidemark::load::xiaoe
