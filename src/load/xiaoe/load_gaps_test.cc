// The whole way of orders: times of which the pages and the count of the shop do not agree.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/gap_store.h"
#include "load/scan_store.h"
#include "load/xiaoe/testing_order_loads.h"

namespace tidemark::load::xiaoe {
namespace {

using testing::at;
using testing::EachOrderLoad;
using testing::placed;

class LoadGaps : public EachOrderLoad {};
/// What has nothing to do with the kind of database.
class ReadGaps : public EachOrderLoad {};

TEST_P(LoadGaps, ASecondThatNeverAgreesIsAGapAndHoldsUpNothing) {
  open_shop();
  const TimeWindow second{at("2025-01-10 10:00:00"), at("2025-01-10 10:00:00")};
  troubles_.disputed = {second};
  const LoadSummary first = loaded(january());
  EXPECT_EQ(first.inserted, placed);
  EXPECT_EQ(first.unproven, 1U);
  EXPECT_EQ(first.gaps_open, 1U);
  EXPECT_EQ(first.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(first.complete->upto, at("2025-01-31 23:56:00"));
  EXPECT_EQ(first.days_checked, 30U);  // That of the gap is known not to hold.

  // What other seconds proved is kept: only the gap is read again, and what is new.
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const LoadSummary again = loaded(incremental);
  EXPECT_EQ(again.unproven, 1U);
  EXPECT_EQ(again.range.from, at("2025-01-31 23:56:01"));
  EXPECT_LT(again.rows, 50U);
  EXPECT_EQ(again.exit_code(stop_), ExitCode::partial);

  ScanStore scans(db(), "xiaoe", "orders");
  EXPECT_EQ(scans.accept_gaps({at("2025-01-11"), at("2025-01-12")}, "", clock_.wall()).value_or(-1),
            0);
  EXPECT_EQ(
      scans.accept_gaps(second, "the shop counts a deleted order", clock_.wall()).value_or(-1), 1);
  EXPECT_EQ(loaded(incremental).exit_code(stop_), ExitCode::done);
  const LoadSummary rescan = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(rescan.unproven, 0U);
  EXPECT_EQ(rescan.exit_code(stop_), ExitCode::done);
  EXPECT_EQ(value("SELECT accepted_reason FROM load_gaps"), "the shop counts a deleted order");
  // Once it agrees, nothing is left of it.
  troubles_.disputed.clear();
  loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_gaps"), "0");
}

TEST_P(ReadGaps, AGapThatAgreesIsClosedByTheNextLoad) {
  open_shop();
  troubles_.disputed = {TimeWindow{at("2025-01-10 10:00:00"), at("2025-01-10 10:00:00")}};
  loaded(january());
  troubles_.disputed.clear();
  const LoadSummary next =
      loaded({.mode = LoadMode::incremental, .history_start = at("2025-01-01")});
  EXPECT_EQ(next.gaps_open, 0U);
  EXPECT_EQ(next.exit_code(stop_), ExitCode::done);
}

TEST_P(ReadGaps, WhatWasProvenAndDisagreesInARescanIsAGapThatCanBeAccepted) {
  open_shop();
  const LoadSummary first = loaded(january());
  troubles_.disputed = {TimeWindow{at("2025-01-30 10:00:00"), at("2025-01-30 10:00:00")}};
  const LoadOptions options{.mode = LoadMode::rescan, .rescan = std::chrono::days(15)};
  const LoadSummary rescan = loaded(options);
  EXPECT_EQ(rescan.unproven, 1U);
  EXPECT_EQ(rescan.gaps_open, 1U);
  EXPECT_EQ(rescan.exit_code(stop_), ExitCode::partial);
  ASSERT_TRUE(first.complete && rescan.complete);
  EXPECT_EQ(rescan.complete->from, first.complete->from);
  EXPECT_GE(rescan.complete->upto, first.complete->upto);  // It does not move back.
  EXPECT_EQ(GapStore(db(), "xiaoe", "orders")
                .accept({at("2025-01-30"), at("2025-01-31")}, "known", clock_.wall())
                .value_or(-1),
            1);
  EXPECT_EQ(loaded(options).exit_code(stop_), ExitCode::done);
}

TEST_P(ReadGaps, AGapThatIsReadAgainLeavesTheWindowItBeginsWithFinished) {
  open_shop();
  const TimeWindow second{at("2025-01-01"), at("2025-01-01")};
  troubles_.disputed = {second};
  troubles_.stops_after = 2;
  loaded(january());
  for (int i = 0; i < 2; ++i) {  // Stopped right after the gap was read again.
    stop_.request(0);
    troubles_.stops_after = 1;
    EXPECT_EQ(loaded(january()).windows_resumed, 2U);
  }
  stop_.request(0);
  troubles_.stops_after.reset();
  troubles_.disputed.clear();
  const LoadSummary rest = loaded(january());
  EXPECT_EQ(rest.windows_resumed, 2U);
  EXPECT_EQ(rest.days_checked, 31U);  // Also those of the windows that earlier runs had read.
  EXPECT_EQ(rest.gaps_open, 0U);
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadGaps, TooManyGapsFailTheirWindows) {
  open_shop();
  for (int i = 0; i < 150; ++i) {
    const CivilTime second = at("2025-01-01") + std::chrono::hours(4) * i;
    troubles_.disputed.push_back({second, second});
  }
  const Result<LoadSummary> summary = load(january(), client_options());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->windows_failed, 2U);
  EXPECT_EQ(summary->gaps_open, 84U);
  EXPECT_EQ(summary->complete->upto, at("2025-01-14 23:59:59"));
}

TEST_P(ReadGaps, GoodWindowsAreComparedThoughAnotherFailed) {
  open_shop();
  troubles_.broken = TimeWindow{at("2025-01-10"), at("2025-01-10")};
  const Result<LoadSummary> summary = load(january(), client_options());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->windows_failed, 1U);
  EXPECT_EQ(summary->days_checked, 24U);
  EXPECT_EQ(summary->days_missing, 0U);
}

INSTANTIATE_TEST_SUITE_P(Servers, LoadGaps, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

INSTANTIATE_TEST_SUITE_P(Servers, ReadGaps,
                         ::testing::Values(testing_database::all_servers().front()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load::xiaoe
