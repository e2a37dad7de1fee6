#include "run/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/utc_text.h"

namespace tidemark::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

const watermark::ZoneRules& zone(std::string_view name) {
  static std::map<std::string, watermark::ZoneRules, std::less<>> known;
  auto found = known.find(name);
  if (found == known.end())
    found = known.emplace(name, watermark::ZoneRules::find(name, WallTime{}).value()).first;
  return found->second;
}

WallTime utc(std::string_view text) {
  return WallTime(CivilTime::parse(text).value().time().time_since_epoch());
}

/// The next `count` times in UTC, to the minute.
std::vector<std::string> times(std::string_view cron, std::string_view zone_name,
                               std::string_view after, int count) {
  const Result<Cron> parsed = Cron::parse(cron);
  EXPECT_TRUE(parsed) << parsed.error().what.en;
  std::vector<std::string> list;
  WallTime time = utc(after);
  for (int i = 0; parsed && i < count; ++i) {
    const auto next = parsed->next(time, zone(zone_name));
    if (!next) break;
    EXPECT_GT(*next, time);
    time = *next;
    list.push_back(utc_text(time, 0).substr(0, 16));
  }
  return list;
}

std::string refusal(std::string_view cron) {
  const Result<Cron> parsed = Cron::parse(cron);
  EXPECT_FALSE(parsed) << cron;
  if (parsed) return {};
  EXPECT_FALSE(parsed.error().what.zh.empty());
  return parsed.error().what.en;
}

TEST(Cron, KnowsListsRangesStepsAndNames) {
  EXPECT_THAT(times("*/30 * * * *", "UTC", "2026-01-15 08:00:00", 3),
              ElementsAre("2026-01-15 08:30", "2026-01-15 09:00", "2026-01-15 09:30"));
  EXPECT_THAT(
      times("5,20-22 8-18/5 * * *", "UTC", "2026-01-15 08:20:30", 4),
      ElementsAre("2026-01-15 08:21", "2026-01-15 08:22", "2026-01-15 13:05", "2026-01-15 13:20"));
  EXPECT_THAT(times("0 0 1 JAN,jul *", "UTC", "2026-01-15 08:20:30", 2),
              ElementsAre("2026-07-01 00:00", "2027-01-01 00:00"));
  EXPECT_THAT(times("0 3 * * Mon-Fri", "UTC", "2026-01-16 04:00:00", 1),  // A Friday.
              ElementsAre("2026-01-19 03:00"));
  for (const std::string_view sunday : {"0", "7", "sun", "SUN", "7-7"})
    EXPECT_THAT(times("30 3 * * " + std::string(sunday), "UTC", "2026-01-15 00:00:00", 2),
                ElementsAre("2026-01-18 03:30", "2026-01-25 03:30"))
        << sunday;
  EXPECT_THAT(times("0 0 * * sat-sun", "UTC", "2026-01-15 00:00:00", 3),
              ElementsAre("2026-01-17 00:00", "2026-01-18 00:00", "2026-01-24 00:00"));
}

TEST(Cron, KnowsShortNames) {
  EXPECT_THAT(times("@hourly", "UTC", "2026-01-15 08:20:00", 1), ElementsAre("2026-01-15 09:00"));
  EXPECT_THAT(times("@daily", "UTC", "2026-01-15 08:20:00", 1), ElementsAre("2026-01-16 00:00"));
  EXPECT_THAT(times("@weekly", "UTC", "2026-01-15 08:20:00", 1), ElementsAre("2026-01-18 00:00"));
  EXPECT_THAT(times("@Monthly", "UTC", "2026-01-15 08:20:00", 1), ElementsAre("2026-02-01 00:00"));
  EXPECT_THAT(times("@yearly", "UTC", "2026-01-15 08:20:00", 1), ElementsAre("2027-01-01 00:00"));
}

TEST(Cron, TakesEitherDayWhereBothAreRestricted) {
  // The 13th, and every Friday; as Vixie's cron.
  EXPECT_THAT(times("0 0 13 * 5", "UTC", "2026-01-10 00:00:00", 3),
              ElementsAre("2026-01-13 00:00", "2026-01-16 00:00", "2026-01-23 00:00"));
  // A star with a step is no restriction in that sense: the odd days that are Fridays.
  EXPECT_THAT(times("0 0 */2 * 5", "UTC", "2026-01-10 00:00:00", 2),
              ElementsAre("2026-01-23 00:00", "2026-02-13 00:00"));
}

TEST(Cron, FindsWhatComesSeldom) {
  EXPECT_THAT(times("0 0 29 2 *", "UTC", "2096-03-01 00:00:00", 1),
              ElementsAre("2104-02-29 00:00"));
  EXPECT_THAT(times("0 0 31 * *", "UTC", "2026-01-31 00:00:00", 2),
              ElementsAre("2026-03-31 00:00", "2026-05-31 00:00"));
}

TEST(Cron, RunsOnceBehindAGap) {
  // Berlin, 29 March 2026: 02:00 CET becomes 03:00 CEST, at 01:00 UTC.
  EXPECT_THAT(times("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00:00", 3),
              ElementsAre("2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"));
  EXPECT_THAT(times("0,15,30 2,3 * * *", "Europe/Berlin", "2026-03-29 00:30:00", 3),
              ElementsAre("2026-03-29 01:00", "2026-03-29 01:15", "2026-03-29 01:30"));
  // Samoa left out the whole of 30 December 2011.
  EXPECT_THAT(times("0 9 * * *", "Pacific/Apia", "2011-12-29 19:30:00", 2),
              ElementsAre("2011-12-30 10:00", "2011-12-30 19:00"));
}

TEST(Cron, RunsOnceInAnHourThatComesTwice) {
  // Berlin, 25 October 2026: 03:00 CEST becomes 02:00 CET, at 01:00 UTC.
  EXPECT_THAT(times("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00:00", 2),
              ElementsAre("2026-10-25 00:30", "2026-10-26 01:30"));
  // Also when asked in the second coming.
  EXPECT_THAT(times("30 2 * * *", "Europe/Berlin", "2026-10-25 01:15:00", 1),
              ElementsAre("2026-10-26 01:30"));
  // New York leaves summer time by the hour, Lord Howe by half an hour.
  EXPECT_THAT(times("15 1 * * *", "America/New_York", "2026-11-01 00:00:00", 2),
              ElementsAre("2026-11-01 05:15", "2026-11-02 06:15"));
  EXPECT_THAT(times("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 00:00:00", 2),
              ElementsAre("2026-04-04 14:45", "2026-04-05 15:15"));
}

TEST(Cron, KeepsItsIntervalWhenItIsForEveryHour) {
  EXPECT_THAT(
      times("*/30 * * * *", "Europe/Berlin", "2026-10-25 00:00:00", 4),
      ElementsAre("2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 02:00"));
  EXPECT_THAT(
      times("*/30 * * * *", "Europe/Berlin", "2026-03-29 00:15:00", 4),
      ElementsAre("2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30", "2026-03-29 02:00"));
}

TEST(Cron, KnowsShanghaisSummerTime) {
  // 1991-04-14 02:00 became 03:00 (18:00 UTC the day before), 1991-09-15 02:00 became 01:00.
  EXPECT_THAT(times("30 2 * * *", "Asia/Shanghai", "1991-04-13 00:00:00", 2),
              ElementsAre("1991-04-13 18:00", "1991-04-14 17:30"));
  EXPECT_THAT(times("30 1 * * *", "Asia/Shanghai", "1991-09-14 00:00:00", 2),
              ElementsAre("1991-09-14 16:30", "1991-09-15 17:30"));
  EXPECT_THAT(times("0 2 * * *", "Asia/Shanghai", "2026-01-15 00:00:00", 1),
              ElementsAre("2026-01-15 18:00"));
}

TEST(Cron, TakesOffsetsAsZones) {
  EXPECT_THAT(times("0 8 * * *", "+08:00", "2026-01-15 00:00:00", 1),
              ElementsAre("2026-01-16 00:00"));
  EXPECT_THAT(times("0 8 * * *", "Asia/Kathmandu", "2026-01-15 00:00:00", 1),
              ElementsAre("2026-01-15 02:15"));
}

/// An independent answer: every minute of a year is asked whether its wall shows the hour.
TEST(Cron, AgreesWithASearchMinuteByMinute) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                           "Asia/Shanghai", "America/Caracas", "Africa/Casablanca"}) {
    for (const auto& [text, hour, minute] :
         {std::tuple{"10 2 * * *", 2, 10}, {"59 23 * * *", 23, 59}, {"0 0 * * *", 0, 0}}) {
      const Cron cron = Cron::parse(text).value();
      WallTime time = utc("2025-12-31 12:00:00");
      std::set<std::string> days;  // On the wall: each must come once.
      while (time < utc("2026-12-31 12:00:00")) {
        time = cron.next(time, zone(name)).value();
        const std::string wall = zone(name).civil(time).text();
        const bool shown = wall.substr(11, 5) == fmt::format("{:02}:{:02}", hour, minute);
        const bool behind_gap = zone(name).span_at(time).from == time;
        EXPECT_TRUE(shown || behind_gap) << name << " " << text << " " << wall;
        EXPECT_TRUE(days.insert(wall.substr(0, 10)).second) << name << " " << wall;
      }
      EXPECT_GE(days.size(), 365U) << name << " " << text;
    }
  }
}

TEST(Cron, BecomesTimersOfSystemd) {
  const auto calendars = [](std::string_view text) { return Cron::parse(text)->calendars(); };
  EXPECT_THAT(calendars("*/30 * * * *"), ElementsAre("*-*-* *:00,30:00"));
  EXPECT_THAT(calendars("30 3 * * 7"), ElementsAre("Sun *-*-* 03:30:00"));
  EXPECT_THAT(calendars("0 0 1 1 *"), ElementsAre("*-01-01 00:00:00"));
  EXPECT_THAT(calendars("0 0 13 * 5"), ElementsAre("*-*-13 00:00:00", "Fri *-*-* 00:00:00"));
}

TEST(Cron, NamesFieldReasonAndNextStep) {
  EXPECT_EQ(refusal("60 * * * *"), "cron: minute: 60 is not between 0 and 59");
  EXPECT_EQ(refusal("* 24 * * *"), "cron: hour: 24 is not between 0 and 23");
  EXPECT_EQ(refusal("* * 0 * *"), "cron: day of the month: 0 is not between 1 and 31");
  EXPECT_THAT(refusal("* * * foo *"), HasSubstr("month: 'foo' is no number"));
  EXPECT_THAT(refusal("* * * * 8"), HasSubstr("day of the week: 8"));
  EXPECT_THAT(refusal("* 22-2 * * *"), HasSubstr("write 22-23,0-2"));
  EXPECT_THAT(refusal("*/0 * * * *"), HasSubstr("the step behind /"));
  EXPECT_THAT(refusal("*/90 * * * *"), HasSubstr("a step of 90 is larger"));
  EXPECT_THAT(refusal("5/15 * * * *"), HasSubstr("write 5-59/15"));
  EXPECT_THAT(refusal("0 0 L * *"), HasSubstr("'L' is not known here"));
  EXPECT_THAT(refusal("0 0 ? * 1"), HasSubstr("'?' is not known here"));
  EXPECT_THAT(refusal("0 0 0 * * *"), HasSubstr("there are 6"));
  EXPECT_THAT(refusal(""), HasSubstr("there are 0"));
  EXPECT_THAT(refusal("@reboot"), HasSubstr("'@reboot' is not known"));
  EXPECT_THAT(refusal("1,,2 * * * *"), HasSubstr("a value is missing"));
  EXPECT_THAT(refusal("1- * * * *"), HasSubstr("minute"));
  EXPECT_THAT(refusal("-1 * * * *"), HasSubstr("minute"));
  EXPECT_THAT(refusal(std::string(300, '1')), HasSubstr("more than 200"));
}

TEST(Cron, RefusesWhatNeverComes) {
  EXPECT_THAT(refusal("0 0 30 2 *"), HasSubstr("never comes"));
  EXPECT_THAT(refusal("0 0 31 4,6,9,11 *"), HasSubstr("never comes"));
  EXPECT_TRUE(Cron::parse("0 0 29 2 *"));
  EXPECT_TRUE(Cron::parse("0 0 30 2 1"));  // Mondays in February.
}

}  // namespace
}  // namespace tidemark::run
