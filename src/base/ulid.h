#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"

namespace tidemark {

/// 26 characters that sort by time: 48 bits of milliseconds, 80 bits of chance, in Crockford's
/// base 32 (github.com/ulid/spec). Used as the id of runs.
[[nodiscard]] std::string make_ulid(WallTime now, Random& random);

/// The least ULID of that millisecond: where a range of time begins.
[[nodiscard]] std::string ulid_floor(WallTime time);

}  // namespace tidemark
