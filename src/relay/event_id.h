#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/ulid.h"

namespace tidemark::relay {

/// `msg_` and a ULID: sorts by the time of publishing, has no full stop (Standard Webhooks).
[[nodiscard]] inline std::string event_id(const std::string& ulid) { return "msg_" + ulid; }
[[nodiscard]] inline std::string make_event_id(WallTime now, Random& random) {
  return event_id(make_ulid(now, random));
}

/// Not greater than any id that was made at `time` or later.
[[nodiscard]] inline std::string event_id_floor(WallTime time) { return "msg_" + ulid_floor(time); }

[[nodiscard]] inline std::string make_subscription_id(WallTime now, Random& random) {
  return "sub_" + make_ulid(now, random);
}

}  // namespace tidemark::relay
