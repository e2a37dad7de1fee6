#include "relay/batch_time.h"

#include <date/date.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace tidemark::relay {
namespace {

WallTime utc(const std::string& text) {
  std::istringstream in(text);
  WallTime time;
  in >> date::parse("%F %T", time);
  EXPECT_TRUE(in) << text;
  return time;
}

std::string next(std::string at, std::string zone, const std::string& now) {
  const BatchSettings batch{.at = std::move(at), .zone = std::move(zone)};
  return date::format("%F %T",
                      std::chrono::floor<std::chrono::seconds>(next_batch_time(batch, utc(now))));
}

TEST(NextBatchTime, IsTodayOrTomorrow) {
  EXPECT_EQ(next("02:00", "Asia/Shanghai", "2026-01-15 17:59:59"), "2026-01-15 18:00:00");
  EXPECT_EQ(next("02:00", "Asia/Shanghai", "2026-01-15 18:00:00"), "2026-01-16 18:00:00");
  EXPECT_EQ(next("02:00", "Asia/Shanghai", "2026-01-15 18:00:01"), "2026-01-16 18:00:00");
  EXPECT_EQ(next("00:00", "UTC", "2026-12-31 23:59:59"), "2027-01-01 00:00:00");
}

TEST(NextBatchTime, InAGapIsTheMomentOfTheChange) {
  // 2026-03-29 in Berlin: 02:00 becomes 03:00 at 01:00 UTC.
  EXPECT_EQ(next("02:30", "Europe/Berlin", "2026-03-28 12:00:00"), "2026-03-29 01:00:00");
  EXPECT_EQ(next("02:30", "Europe/Berlin", "2026-03-29 01:00:00"), "2026-03-30 00:30:00");
}

TEST(NextBatchTime, InAFoldComesOnce) {
  // 2026-10-25 in Berlin: 03:00 becomes 02:00 at 01:00 UTC; 02:30 is 00:30 and 01:30 UTC.
  EXPECT_EQ(next("02:30", "Europe/Berlin", "2026-10-24 12:00:00"), "2026-10-25 00:30:00");
  EXPECT_EQ(next("02:30", "Europe/Berlin", "2026-10-25 00:30:00"), "2026-10-26 01:30:00");
  EXPECT_EQ(next("02:30", "Europe/Berlin", "2026-10-25 01:10:00"), "2026-10-26 01:30:00");
}

TEST(NextBatchTime, FoldAcrossMidnight) {
  // 2018-11-04 in Havana: 01:00 becomes 00:00; 2018-02-18 in Sao Paulo: 00:00 became 23:00 of
  // the day before.
  EXPECT_EQ(next("00:30", "America/Havana", "2018-11-04 04:30:00"), "2018-11-05 05:30:00");
  EXPECT_EQ(next("23:30", "America/Sao_Paulo", "2018-02-18 01:30:00"), "2018-02-19 02:30:00");
}

TEST(NextBatchTime, OverADayThatWasLeftOut) {
  // Samoa had no 30 December 2011: from 29 December 24:00 (10:00 UTC) it was the 31st.
  EXPECT_EQ(next("02:00", "Pacific/Apia", "2011-12-29 12:00:00"), "2011-12-30 10:00:00");
  EXPECT_EQ(next("02:00", "Pacific/Apia", "2011-12-30 10:00:00"), "2011-12-30 12:00:00");
}

TEST(NextBatchTime, IsAlwaysAheadAndNeverFarWhateverTheHour) {
  const WallTime begin = utc("2026-01-01 00:00:00");
  for (const char* zone : {"Europe/Berlin", "America/Havana", "Australia/Lord_Howe"}) {
    const BatchSettings batch{.at = "00:15", .zone = zone};
    for (WallTime now = begin; now < begin + std::chrono::days{366};
         now += std::chrono::minutes{97}) {
      const WallTime moment = next_batch_time(batch, now);
      ASSERT_GT(moment, now);
      ASSERT_LE(moment, now + std::chrono::hours{25});
    }
  }
}

TEST(NextBatchTime, IsTheEarlierOfIntervalAndTime) {
  const WallTime now = utc("2026-01-15 17:00:00");
  BatchSettings batch{.interval = std::chrono::seconds{600}};
  EXPECT_EQ(next_batch_time(batch, now), utc("2026-01-15 17:10:00"));
  batch.interval = std::chrono::hours{2};
  EXPECT_EQ(next_batch_time(batch, now), utc("2026-01-15 18:00:00"));
  batch.at = "";
  EXPECT_EQ(next_batch_time(batch, now), utc("2026-01-15 19:00:00"));
  batch.interval = std::chrono::seconds{0};
  EXPECT_EQ(next_batch_time(batch, now), now);
}

TEST(CheckBatchTime, RefusesWhatIsNoTimeOrZone) {
  EXPECT_TRUE(check_batch_time(BatchSettings{}));
  EXPECT_TRUE(check_batch_time(BatchSettings{.at = ""}));
  for (const char* at : {"2:00", "24:00", "00:60", "02:00:00", "02-00", " 2:00", "-1:00", "+2:00"})
    EXPECT_FALSE(check_batch_time(BatchSettings{.at = at})) << at;
  for (const char* zone : {"", "Asia/Beijing", "../../etc/passwd"})
    EXPECT_FALSE(check_batch_time(BatchSettings{.zone = zone})) << zone;
}

}  // namespace
}  // namespace tidemark::relay
