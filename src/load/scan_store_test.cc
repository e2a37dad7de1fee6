#include "load/scan_store.h"

#include <gtest/gtest.h>

#include "load/schema.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

using std::chrono::hours;

CivilTime time_of(std::string_view text) { return CivilTime::parse(text).value(); }

constexpr WallTime began{std::chrono::seconds(1'735'700'000)};

class ScanStoreTest : public testing_database::EachDatabase {
 protected:
  /// Whether a full reading would be taken up at `now`.
  bool goes_on(WallTime now) {
    const Result<std::optional<Scan>> found =
        scans().unfinished("full", std::nullopt, now - hours(12));
    EXPECT_TRUE(found) << found.error().what.en;
    return found && *found;
  }
  ScanStore scans() { return {db(), "xiaoe", "users"}; }

  const Scan scan_{.id = "01JGFY0000000000000000SCAN",
                   .mode = "full",
                   .range = {time_of("2024-01-01"), time_of("2024-12-31")},
                   .started_at = began};
  const TimeWindow january_{time_of("2024-01-01"), time_of("2024-01-31 23:59:59")};
  const TimeWindow february_{time_of("2024-02-01"), time_of("2024-02-29 23:59:59")};

  std::string watermark() {
    const Result<std::optional<Complete>> complete = scans().complete();
    EXPECT_TRUE(complete) << complete.error().what.en;
    if (!complete || !*complete) return "none";
    return (*complete)->from.text() + " to " + (*complete)->upto.text();
  }
};

TEST_P(ScanStoreTest, AReadingThatGivesWayLivesFromItsLastFinishedWindow) {
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans().begin(scan_));
  EXPECT_TRUE(goes_on(began + hours(11)));
  EXPECT_FALSE(goes_on(began + hours(13)));
  ASSERT_TRUE(scans().finish_window(scan_, january_, 7, {}, began + hours(1)));
  ASSERT_TRUE(scans().finish_window(scan_, february_, 7, {}, began + hours(11)));
  EXPECT_TRUE(goes_on(began + hours(13)));
  EXPECT_FALSE(goes_on(began + hours(24)));
  // Windows of another reading are no sign of life.
  Scan other = scan_;
  other.id.back() = 'X';
  ASSERT_TRUE(scans().finish_window(other, january_, 7, {}, began + hours(23)));
  EXPECT_FALSE(goes_on(began + hours(24)));
  ASSERT_TRUE(scans().end(scan_, true, began + hours(12)));
  EXPECT_FALSE(goes_on(began + hours(13)));
}

TEST_P(ScanStoreTest, NobodyGoesOnWithWhatANewerScanHasReadToItsEnd) {
  ASSERT_TRUE(migrate_warehouse(db()));
  const TimeWindow year = scan_.range;
  const auto open = [&](const TimeWindow& range) {
    const auto found = scans().unfinished("range", range, began);
    EXPECT_TRUE(found) << found.error().what.en;
    return found && *found ? (*found)->id : "none";
  };
  Scan first = scan_, second = scan_, other = scan_;
  first.mode = second.mode = other.mode = "range";
  first.id.back() = '1';
  second.id.back() = '2';
  other.id.back() = '0';
  other.range = january_;
  for (const Scan& scan : {other, first, second}) ASSERT_TRUE(scans().begin(scan));
  EXPECT_EQ(open(year), second.id);
  ASSERT_TRUE(scans().end(second, false, began));
  EXPECT_EQ(open(year), "none");
  EXPECT_EQ(open(january_), other.id);
  EXPECT_EQ(scans().unfinished("range", january_, began + hours(1)).value(), std::nullopt);
}

TEST_P(ScanStoreTest, AWindowIsNotedTogetherWithWhatItProves) {
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans().register_stream());
  ASSERT_TRUE(scans().begin(scan_));
  ASSERT_TRUE(
      scans().finish_window(scan_, january_, 7, {.window = january_, .founds = true}, began));
  EXPECT_EQ(watermark(), "2024-01-01 00:00:00 to 2024-01-31 23:59:59");
  // What cannot be noted moves nothing, and what moves nothing is not noted.
  run("ALTER TABLE load_streams RENAME TO away");
  EXPECT_FALSE(scans().finish_window(scan_, february_, 7, {.window = february_}, began));
  run("ALTER TABLE away RENAME TO load_streams");
  EXPECT_EQ(scans().finished_windows(scan_).value().size(), 1U);
  ASSERT_TRUE(scans().finish_window(scan_, february_, 7, {.window = february_}, began));
  EXPECT_EQ(watermark(), "2024-01-01 00:00:00 to 2024-02-29 23:59:59");
}

TEST_P(ScanStoreTest, AGapThatBeginsWithAWindowDoesNotTakeItsPlace) {
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans().register_stream());
  ASSERT_TRUE(scans().begin(scan_));
  const TimeWindow second{january_.from, january_.from};
  const auto finish = [&](const TimeWindow& window) {
    return scans().finish_window(scan_, window, 7,
                                 {.window = window, .founds = true, .unchecked = true}, began);
  };
  ASSERT_TRUE(finish(second));
  ASSERT_TRUE(finish(january_));
  ASSERT_TRUE(finish(second));
  const auto finished = scans().finished_windows(scan_);
  ASSERT_TRUE(finished) << finished.error().what.en;
  ASSERT_EQ(finished->size(), 1U);
  EXPECT_EQ(finished->front().window, january_);
  const auto unchecked = scans().unchecked();
  ASSERT_TRUE(unchecked) << unchecked.error().what.en;
  ASSERT_EQ(unchecked->size(), 1U);
  EXPECT_EQ(unchecked->front().window, january_);
}

TEST_P(ScanStoreTest, AWatermarkInTheFutureIsReplacedByWhoFoundsOne) {
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans().register_stream());
  const CivilTime today = time_of("2024-03-01");
  ASSERT_TRUE(
      scans().import_complete({.from = january_.from, .upto = time_of("2025-01-01")}, began));
  // A re-scan of the last day does not know what lies before it.
  ASSERT_TRUE(scans().extend_complete({.window = february_, .founds = false, .latest = today}));
  EXPECT_EQ(watermark(), "2024-01-01 00:00:00 to 2025-01-01 00:00:00");
  ASSERT_TRUE(scans().extend_complete({.window = february_, .founds = true, .latest = today}));
  EXPECT_EQ(watermark(), "2024-01-01 00:00:00 to 2024-02-29 23:59:59");
}

INSTANTIATE_TEST_SUITE_P(Servers, ScanStoreTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
