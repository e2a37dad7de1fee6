#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"

namespace tidemark {

/// 26 characters that sort by time: 48 bits of milliseconds, 80 bits of chance, in Crockford's
/// base 32 (github.com/ulid/spec). Used as the id of runs.
[[nodiscard]] std::string make_ulid(WallTime now, Random& random);

/// ULIDs that also sort by the order in which they were asked for within a millisecond: the next is
/// the one before plus one, as the specification's monotonic ULIDs are. A clock that is set back
/// is believed. Not thread-safe.
class UlidSequence {
 public:
  [[nodiscard]] std::string next(WallTime now, Random& random);

 private:
  std::string last_;
};

/// The least ULID of that millisecond: where a range of time begins.
[[nodiscard]] std::string ulid_floor(WallTime time);

}  // namespace tidemark
