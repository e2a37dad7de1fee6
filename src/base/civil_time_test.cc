#include "base/civil_time.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::microseconds;

TEST(CivilTime, ReadsWhatItWrites) {
  for (const char* text : {"1970-01-01 00:00:00", "2025-12-03 17:04:06", "2024-02-29 23:59:59"}) {
    ASSERT_TRUE(CivilTime::parse(text)) << text;
    EXPECT_EQ(CivilTime::parse(text)->text(), text);
  }
  EXPECT_EQ(CivilTime::parse("2025-12-03 17:04:06.123456")->text(6), "2025-12-03 17:04:06.123456");
  EXPECT_EQ(CivilTime::parse("2025-12-03T17:04:06.5")->shortest_text(), "2025-12-03 17:04:06.500");
}

TEST(CivilTime, CutsAndNeverRounds) {
  const CivilTime time = *CivilTime::parse("2025-12-03 17:04:06.9999999");
  EXPECT_EQ(time.text(), "2025-12-03 17:04:06");
  EXPECT_EQ(time.text(3), "2025-12-03 17:04:06.999");
  EXPECT_EQ(time.floor_to(0).text(6), "2025-12-03 17:04:06.000000");
}

TEST(CivilTime, CutsBeforeTheEpochDownwards) {
  EXPECT_EQ((CivilTime::baseline() - microseconds{1}).floor_to(0).text(), "1969-12-31 23:59:59");
}

TEST(CivilTime, RefusesWhatIsNoTime) {
  for (const char* text : {"", "0000-00-00 00:00:00", "2025-13-01 00:00:00", "2025-02-29 00:00:00",
                           "2025-12-03 24:00:00", "2025-12-03 17:04", "2025-12-03 17:04:06+08",
                           "2025-12-03 17:04:06.", "2025-12-03x17:04:06", "20251203"}) {
    EXPECT_FALSE(CivilTime::parse(text)) << text;
  }
}

}  // namespace
}  // namespace tidemark
