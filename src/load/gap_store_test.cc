#include "load/gap_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/schema.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WallTime now{std::chrono::seconds(1'735'700'000)};

class GapStoreTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(migrate_warehouse(db()));
  }
  GapStore gaps() { return {db(), "xiaoe", "orders"}; }
  /// Minutes of one day, both included.
  static TimeWindow minutes(int from, int upto) {
    const CivilTime day = *CivilTime::parse("2025-01-01");
    return {day + std::chrono::minutes(from),
            day + std::chrono::minutes(upto + 1) - std::chrono::seconds(1)};
  }
  void take(const GapNews& news) {
    const Result<void> taken = gaps().take(news, now);
    ASSERT_TRUE(taken) << taken.error().what.en;
  }
  std::vector<TimeWindow> spans() {
    const Result<std::vector<Gap>> all = gaps().all();
    EXPECT_TRUE(all) << all.error().what.en;
    return all ? spans_of(*all) : std::vector<TimeWindow>();
  }
};

TEST_P(GapStoreTest, WhatIsNotProvenIsKeptUntilItIs) {
  take({.window = minutes(0, 9), .unproven = {minutes(3, 3), minutes(7, 8)}});
  EXPECT_THAT(spans(), ElementsAre(minutes(3, 3), minutes(7, 8)));
  // The same again is not found anew.
  take({.window = minutes(0, 9), .unproven = {minutes(3, 3), minutes(7, 8)}});
  EXPECT_THAT(spans(), ElementsAre(minutes(3, 3), minutes(7, 8)));
  // Half of the second agrees.
  take({.window = minutes(5, 7)});
  EXPECT_THAT(spans(), ElementsAre(minutes(3, 3), minutes(8, 8)));
  take({.window = minutes(0, 9)});
  EXPECT_THAT(spans(), IsEmpty());
}

TEST_P(GapStoreTest, OnlyWhatWasAskedForIsAGap) {
  // A whole day is read for the part of it that is wanted.
  take({.window = minutes(5, 9), .unproven = {minutes(0, 20)}});
  EXPECT_THAT(spans(), ElementsAre(minutes(5, 9)));
}

TEST_P(GapStoreTest, WhatWasProvenBeforeAndDisagreesNowIsAGap) {
  take({.window = minutes(0, 9), .unproven = {minutes(3, 3)}});
  take({.window = minutes(0, 19), .unproven = {minutes(3, 3), minutes(5, 5), minutes(12, 12)}});
  EXPECT_THAT(spans(), ElementsAre(minutes(3, 3), minutes(5, 5), minutes(12, 12)));
}

TEST_P(GapStoreTest, WhatAnotherProgramSaidIsProvenOrDisputedByReadingIt) {
  ASSERT_TRUE(gaps().add({.span = minutes(0, 9), .kind = GapKind::imported, .found_at = now}));
  take({.window = minutes(2, 5), .unproven = {minutes(4, 4)}});
  const Result<std::vector<Gap>> all = gaps().all();
  ASSERT_TRUE(all);
  EXPECT_THAT(spans_of(*all, GapKind::imported), ElementsAre(minutes(0, 1), minutes(6, 9)));
  EXPECT_THAT(spans_of(*all, GapKind::disputed), ElementsAre(minutes(4, 4)));
}

TEST_P(GapStoreTest, OnlyOpenOnesCanBeAccepted) {
  take({.window = minutes(0, 9), .unproven = {minutes(3, 3), minutes(7, 7)}});
  EXPECT_EQ(gaps().accept(minutes(3, 6), "known", now).value_or(-1), 1);
  EXPECT_EQ(gaps().accept(minutes(0, 9), "both", now).value_or(-1), 1);
  EXPECT_EQ(gaps().accept(minutes(0, 9), "again", now).value_or(-1), 0);
  const Result<std::vector<Gap>> all = gaps().all();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->front().accepted_reason, "known");
  EXPECT_EQ(all->front().accepted_at, now);
  EXPECT_FALSE(all->front().open());
  // Being read in vain once more does not open it again.
  take({.window = minutes(0, 9), .unproven = {minutes(3, 3), minutes(7, 7)}});
  EXPECT_FALSE(gaps().all()->front().open());
}

INSTANTIATE_TEST_SUITE_P(Servers, GapStoreTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
