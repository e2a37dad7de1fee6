#include "api/stamp.h"

#include <gtest/gtest.h>

namespace tidemark::api {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::microseconds(1'768'465'802'000'001)};

TEST(Stamp, IsRfc3339AndReadsBack) {
  EXPECT_EQ(stamp(now), "2026-01-15T08:30:02.000001Z");
  EXPECT_EQ(parse_stamp(stamp(now), WallTime{}), now);
}

TEST(Stamp, ReadsOffsetsAndSpans) {
  const WallTime whole = now - 1us;
  EXPECT_EQ(parse_stamp("2026-01-15T16:30:02+08:00", now), whole);
  EXPECT_EQ(parse_stamp("2026-01-15T16:30:02 08:00", now), whole);
  EXPECT_EQ(parse_stamp("2026-01-15 03:00:02-05:30", now), whole);
  EXPECT_EQ(parse_stamp("90s", now), now - 90s);
  EXPECT_EQ(parse_stamp("7d", now), now - 168h);
}

TEST(Stamp, RefusesWhatEachWouldReadDifferently) {
  for (const char* text : {"", "2026-01-15", "2026-01-15T08:30:00", "yesterday", "-1d", "1.5h", "h",
                           "99999999999999999999d", "2026-13-15T08:30:00Z", "2026-01-15T08:30:00+8",
                           "2026-01-15T08:30:00+08:60", "Z", "20260115T083000Z     "})
    EXPECT_EQ(parse_stamp(text, now), std::nullopt) << text;
}

}  // namespace
}  // namespace tidemark::api
