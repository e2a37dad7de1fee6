#include "watermark/clock_reading.h"

#include <gtest/gtest.h>

namespace tidemark::watermark {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const ClockReading noon{.database = *CivilTime::parse("2025-06-01 12:00:00.25"),
                        .boot = "first",
                        .since_boot = hours{5},
                        .wall = WallTime{hours{24 * 365 * 55}}};

/// After `passed`, in which the database's clock went on by `database` and this machine's by
/// `wall`.
ClockReading later(microseconds passed, microseconds database, microseconds wall) {
  ClockReading reading = noon;
  reading.database += database;
  reading.since_boot += passed;
  reading.wall += wall;
  return reading;
}

TEST(ClockReading, AClockThatGoesOnWasNotSetBack) {
  EXPECT_EQ(set_back(noon, noon), seconds{0});
  EXPECT_EQ(set_back(noon, later(hours{1}, hours{1}, hours{1})), seconds{0});
  EXPECT_EQ(set_back(noon, later(hours{1}, hours{3}, hours{1})), seconds{0});  // Set forward.
  EXPECT_EQ(set_back(noon, later(hours{1}, hours{1} - seconds{2}, hours{1})), seconds{0});
}

TEST(ClockReading, TellsHowFarItWasSetBack) {
  EXPECT_EQ(set_back(noon, later(hours{1}, hours{0}, hours{1})), hours{1});
  EXPECT_EQ(set_back(noon, later(minutes{10}, -hours{48}, minutes{10})), hours{48} + minutes{10});
  EXPECT_EQ(set_back(noon, later(hours{1}, hours{1} - seconds{3}, hours{1})), seconds{3});
}

TEST(ClockReading, SeesItThoughThisMachineWasSetBackAsWell) {
  // The database runs here: one clock for both.
  EXPECT_EQ(set_back(noon, later(hours{1}, -hours{1}, -hours{1})), hours{2});
}

TEST(ClockReading, GoesByTheWallClockOfAnotherBoot) {
  ClockReading now = later(hours{0}, hours{1}, hours{3});
  now.boot = "second";
  now.since_boot = seconds{30};
  EXPECT_EQ(set_back(noon, now), hours{2});
  now.boot = "";  // Not known.
  EXPECT_EQ(set_back(noon, now), hours{2});
}

TEST(ClockReading, ComesBackFromItsText) {
  EXPECT_EQ(parse_reading(format_reading(noon)), noon);
  ClockReading nameless = noon;
  nameless.boot.clear();
  EXPECT_EQ(parse_reading(format_reading(nameless)), nameless);
}

TEST(ClockReading, AnotherTextIsNone) {
  const std::string good = format_reading(noon);
  for (const std::string& text :
       {std::string(), std::string("|||"), std::string("||||"), good + "|", good + "x", "x" + good,
        good.substr(0, good.rfind('|')), good.substr(good.find('|') + 1),
        std::string("2025-06-01 12:00:00|b|-9223372036854775808|0"),
        std::string("2025-06-01 12:00:00|b|0|9223372036854775807"),
        std::string("0000-00-00 00:00:00|b|0|0"), std::string("2025-06-01 12:00:00|b|1|2|3")}) {
    EXPECT_FALSE(parse_reading(text)) << text;
  }
}

TEST(ClockReading, UptimeOfThisMachineGoesOn) {
  const SystemClock clock;
  const ClockReading first = read_clocks(clock);
  const ClockReading second = read_clocks(clock);
  EXPECT_EQ(first.boot, second.boot);
  EXPECT_LE(first.since_boot, second.since_boot);
  EXPECT_GT(first.since_boot, seconds{0});
}

}  // namespace
}  // namespace tidemark::watermark
