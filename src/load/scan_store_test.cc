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
    const Result<std::optional<Scan>> found = scans().unfinished_since("full", now - hours(12));
    EXPECT_TRUE(found) << found.error().what.en;
    return found && *found;
  }
  ScanStore scans() { return {db(), "xiaoe", "users"}; }

  const Scan scan_{.id = "01JGFY0000000000000000SCAN",
                   .mode = "full",
                   .range = {time_of("2024-01-01"), time_of("2024-12-31")}};
};

TEST_P(ScanStoreTest, AReadingThatGivesWayLivesFromItsLastFinishedWindow) {
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans().begin(scan_, began));
  EXPECT_TRUE(goes_on(began + hours(11)));
  EXPECT_FALSE(goes_on(began + hours(13)));
  const TimeWindow january{time_of("2024-01-01"), time_of("2024-01-31")};
  const TimeWindow february{time_of("2024-02-01"), time_of("2024-02-29")};
  ASSERT_TRUE(scans().finish_window(scan_, january, 7, began + hours(1)));
  ASSERT_TRUE(scans().finish_window(scan_, february, 7, began + hours(11)));
  EXPECT_TRUE(goes_on(began + hours(13)));
  EXPECT_FALSE(goes_on(began + hours(24)));
  // Windows of another reading are no sign of life.
  Scan other = scan_;
  other.id.back() = 'X';
  ASSERT_TRUE(scans().finish_window(other, january, 7, began + hours(23)));
  EXPECT_FALSE(goes_on(began + hours(24)));
  ASSERT_TRUE(scans().end(scan_, began + hours(12)));
  EXPECT_FALSE(goes_on(began + hours(13)));
}

INSTANTIATE_TEST_SUITE_P(Servers, ScanStoreTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
