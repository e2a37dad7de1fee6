#include "base/utc_text.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using namespace std::chrono_literals;

constexpr WallTime morning =
    WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)) + 8h + 30min + 5s + 123456us;

TEST(UtcText, IsWhatDatabasesTake) {
  EXPECT_EQ(utc_text(morning), "2026-01-15 08:30:05.123456");
  EXPECT_EQ(utc_text(WallTime{}, 0), "1970-01-01 00:00:00");
}

TEST(UtcText, StampsAsRfc3339AndCuts) {
  EXPECT_EQ(utc_stamp(morning), "2026-01-15T08:30:05.123456Z");
  EXPECT_EQ(utc_stamp(morning, 3), "2026-01-15T08:30:05.123Z");
  EXPECT_EQ(utc_stamp(WallTime(-1us), 6), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace tidemark
