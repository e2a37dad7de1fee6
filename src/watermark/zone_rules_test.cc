#include "watermark/zone_rules.h"

#include <gtest/gtest.h>

namespace tidemark::watermark {
namespace {

const WallTime summer = WallTime{std::chrono::sys_days{std::chrono::year{2025} / 7 / 1}};

WallTime utc(std::string_view text) {
  return WallTime{CivilTime::parse(text)->time().time_since_epoch()};
}

std::string first(std::string_view zone, std::string_view text) {
  const WallTime instant = ZoneRules::find(zone, summer)->first_instant(*CivilTime::parse(text));
  return ZoneRules::find("+00:00", summer)->civil(instant).text();
}

TEST(ZoneRules, AnOffsetIsTheSameAllYear) {
  EXPECT_EQ(first("+08:00", "2025-01-01 08:00:00"), "2025-01-01 00:00:00");
  EXPECT_FALSE(ZoneRules::find("+08:00", summer)->changes_within_a_year(summer));
}

TEST(ZoneRules, KnowsSummerTime) {
  const auto berlin = ZoneRules::find("Europe/Berlin", summer);
  EXPECT_EQ(berlin->civil(utc("2025-07-01 00:00:00")).text(), "2025-07-01 02:00:00");
  EXPECT_EQ(berlin->civil(utc("2025-01-01 00:00:00")).text(), "2025-01-01 01:00:00");
  EXPECT_TRUE(berlin->changes_within_a_year(summer));
  EXPECT_FALSE(ZoneRules::find("Asia/Shanghai", summer)->changes_within_a_year(summer));
}

TEST(ZoneRules, TakesTheEarlierOfTwoAndTheEndOfAGap) {
  // Berlin: 02:30 came twice on 26 October 2025, and not at all on 30 March.
  EXPECT_EQ(first("Europe/Berlin", "2025-10-26 02:30:00"), "2025-10-26 00:30:00");
  EXPECT_EQ(first("Europe/Berlin", "2025-03-30 02:30:00"), "2025-03-30 01:00:00");
}

TEST(ZoneRules, DoesNotGuess) {
  EXPECT_FALSE(ZoneRules::find("Mars/Olympus", summer));
  EXPECT_FALSE(ZoneRules::find("SYSTEM (XYZ)", summer));
  EXPECT_FALSE(ZoneRules::find("", summer));
  EXPECT_TRUE(ZoneRules::find("SYSTEM (UTC)", summer));
  EXPECT_TRUE(ZoneRules::find("local", summer));
}

}  // namespace
}  // namespace tidemark::watermark
