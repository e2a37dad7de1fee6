// The whole way of orders: what is known to have arrived, and runs that go on where others ended.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/scan_store.h"
#include "load/schema.h"
#include "load/xiaoe/testing_order_loads.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::AnyOf;
using testing::at;
using testing::EachOrderLoad;
using ::testing::HasSubstr;
using testing::moment;
using ::testing::Not;
using testing::placed;
using testing::shop_options;
using testing::utc;

class LoadWatermark : public EachOrderLoad {};
/// What has nothing to do with the kind of database.
class ReadWatermark : public EachOrderLoad {};

TEST_P(LoadWatermark, AnIncrementalLoadBeginsWithTheHistoryAndGoesOn) {
  SandboxOptions options = shop_options();
  options.stands_at = moment("2025-01-20 12:00:00");
  open_shop(options);
  clock_.set_wall(utc("2025-01-20 12:00:00"));
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const LoadSummary first = loaded(incremental);
  EXPECT_EQ(first.windows_finished, 4U);
  ask("POST", "/sandbox/clock", R"({"advance_seconds":1036800})");  // To the end of January.
  clock_.set_wall(utc("2025-02-01 12:00:00"));
  const LoadSummary second = loaded(incremental);
  EXPECT_EQ(second.range.from, at("2025-01-20 11:56:01"));
  EXPECT_EQ(first.inserted + second.inserted, placed);
  ASSERT_TRUE(second.complete);
  EXPECT_EQ(second.complete->from, at("2025-01-01"));
  // Orders of the first load have lived on meanwhile; the re-scan brings them up to date.
  loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(LoadWatermark, ARangeInTheMiddleDoesNotHideWhatIsOlder) {
  open_shop();
  const LoadSummary middle =
      loaded({.mode = LoadMode::range, .range = {at("2025-01-20"), at("2025-01-22 23:59:59")}});
  EXPECT_EQ(middle.complete->from, at("2025-01-20"));
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(middle.inserted + rest.inserted, placed);
  EXPECT_EQ(rest.range.from, at("2025-01-23"));
  ASSERT_TRUE(rest.earlier);
  EXPECT_EQ(*rest.earlier, (TimeWindow{at("2025-01-01"), at("2025-01-19 23:59:59")}));
  EXPECT_EQ(rest.complete->from, at("2025-01-01"));
  EXPECT_EQ(warehouse_truth(), truth());
  EXPECT_FALSE(loaded(incremental).earlier);
}

TEST_P(ReadWatermark, ARangeThatEndsWhereTheWatermarkBeginsExtendsItBack) {
  open_shop();
  loaded({.mode = LoadMode::range, .range = {at("2025-01-21"), at("2025-01-31 23:59:59")}});
  const LoadSummary older =
      loaded({.mode = LoadMode::range, .range = {at("2025-01-01"), at("2025-01-20 23:59:59")}});
  EXPECT_EQ(older.windows_finished, 3U);
  ASSERT_TRUE(older.complete);
  EXPECT_EQ(older.complete->from, at("2025-01-01"));
  EXPECT_EQ(older.complete->upto, at("2025-01-31 23:56:00"));
  // Not over what could not be read.
  troubles_.broken = TimeWindow{at("2024-12-10"), at("2024-12-10")};
  const Result<LoadSummary> failed =
      load({.mode = LoadMode::range, .range = {at("2024-12-01"), at("2024-12-31 23:59:59")}},
           client_options());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->windows_failed, 1U);
  EXPECT_EQ(failed->complete->from, at("2024-12-29"));
}

TEST_P(ReadWatermark, AHistoryThatBeginsEarlierIsReadBackwards) {
  open_shop();
  LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-20")};
  loaded(incremental);
  incremental.history_start = at("2025-01-01");
  // Of three windows the first is read: the watermark adjoins it, and the next run goes on there.
  run("CREATE TRIGGER no_window BEFORE INSERT ON load_windows WHEN NEW.window_from < '2025-01-12' "
      "BEGIN SELECT RAISE(ABORT, 'full'); END");
  const Result<LoadSummary> cut = load(incremental, client_options());
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->errors.empty());
  EXPECT_EQ(cut->complete->from, at("2025-01-15"));
  run("DROP TRIGGER no_window");
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(rest.earlier->upto, at("2025-01-14 23:59:59"));
  EXPECT_EQ(rest.complete->from, at("2025-01-01"));
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadWatermark, AWatermarkInTheFutureIsToldAndARangeSetsItRight) {
  open_shop();
  loaded(january());
  run("UPDATE load_streams SET complete_upto='2026-01-01 00:00:00'");
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const Result<LoadSummary> refused = load(incremental, client_options());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what.en, HasSubstr("2026-01-01 00:00:00"));
  const LoadSummary mended =
      loaded({.mode = LoadMode::range, .range = {at("2025-01-25"), at("2025-02-01 23:59:59")}});
  EXPECT_EQ(mended.complete->from, at("2025-01-01"));
  EXPECT_LT(mended.complete->upto, at("2025-02-01 01:00:00"));
  EXPECT_TRUE(load(incremental, client_options()));
}

TEST_P(ReadWatermark, WindowsThatWereFinishedLongAgoAreReadAgain) {
  open_shop();
  loaded(january());
  run("UPDATE load_scans SET ended_at=NULL");
  run("DELETE FROM load_windows WHERE window_from >= '2025-01-15'");
  clock_.advance(std::chrono::hours(11));
  const LoadSummary resumed = loaded(january());
  EXPECT_EQ(resumed.windows_resumed, 2U);
  EXPECT_GE(resumed.resumed_age, std::chrono::hours(11));
  run("UPDATE load_scans SET ended_at=NULL");
  clock_.advance(std::chrono::hours(13));
  EXPECT_EQ(loaded(january()).windows_resumed, 0U);
}

TEST_P(LoadWatermark, WhatAStoppedRunReadIsComparedByTheNext) {
  open_shop();
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  troubles_.stops_after = 2;
  EXPECT_EQ(loaded(incremental).days_checked, 0U);
  stop_.request(0);
  troubles_.stops_after.reset();
  const std::string lost = value("SELECT MIN(order_id) FROM orders WHERE created_at<'2025-01-05'");
  for (const char* table : {"order_history", "order_items", "orders"})
    run(fmt::format("DELETE FROM {} WHERE order_id='{}'", table, lost));
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(rest.range.from, at("2025-01-15"));
  EXPECT_EQ(rest.days_checked, 31U);
  EXPECT_EQ(rest.days_missing, 1U);
  EXPECT_EQ(rest.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_unchecked"), "0");
}

TEST_P(LoadWatermark, WhatSeveralStoppedRunsReadIsComparedOnce) {
  open_shop();
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  loaded(incremental);
  const std::string cheap = value("SELECT MAX(order_id) FROM orders WHERE created_at<'2025-01-20'");
  run(fmt::format("UPDATE orders SET price='0.01', price_fen=1 WHERE order_id='{}'", cheap));
  for (int time = 0; time < 2; ++time) {
    clock_.advance(std::chrono::hours(1));
    troubles_.stops_after = 2;  // Of the windows; the last one is not read.
    EXPECT_EQ(loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(15)}).days_checked, 0U);
    troubles_.stops_after.reset();
    stop_.request(0);
  }
  ASSERT_EQ(value("SELECT COUNT(*) FROM load_unchecked"), "4");
  const std::string from = value("SELECT MIN(window_from) FROM load_unchecked");
  const std::string upto = value("SELECT MAX(window_upto) FROM load_unchecked");
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_unchecked"), "0");
  EXPECT_EQ(
      std::to_string(rest.amounts_compared),
      value(fmt::format("SELECT COUNT(*) FROM orders WHERE created_at BETWEEN '{}' AND '{}' OR "
                        "created_at>='{}'",
                        from, upto, rest.range.from.text())));
  EXPECT_EQ(rest.days_checked, 16U);
  EXPECT_EQ(rest.days_missing + rest.days_surplus, 0U);
  EXPECT_EQ(rest.days_off, 1U);
  EXPECT_EQ(rest.day_differences.size(), 1U);
}

TEST_P(LoadWatermark, WhatWasTakenOverFromAnotherProgramMayHoldNewOrders) {
  open_shop();
  ScanStore scans(db(), "xiaoe", "orders");
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans.register_stream());
  ASSERT_TRUE(
      scans.import_complete({.from = at("2025-01-01"), .upto = at("2025-01-20")}, clock_.wall()));
  const LoadSummary behind =
      loaded({.mode = LoadMode::incremental, .history_start = at("2025-01-01")});
  const std::vector<TimeWindow> imported{{at("2025-01-01"), at("2025-01-20")}};
  EXPECT_EQ(behind.imported, imported);
  for (const Language language : {Language::english, Language::chinese}) {
    const std::string text = summary_text(behind, language, "");
    EXPECT_THAT(text, HasSubstr("tidemark load orders --from '2025-01-01 00:00:00' --to "
                                "'2025-01-20 00:00:00'"));
    EXPECT_THAT(text, Not(AnyOf(HasSubstr("complete:"), HasSubstr("全部到达"))));
  }
  EXPECT_THAT(
      summary_json(behind, ExitCode::done),
      HasSubstr(R"("imported":[{"from":"2025-01-01 00:00:00","upto":"2025-01-20 00:00:00"}])"));
  const LoadSummary summary = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(behind.inserted + summary.inserted, placed);
  EXPECT_EQ(summary.missed_by_rescan, 0U);
  EXPECT_EQ(summary.gaps_open, 0U);
  EXPECT_TRUE(summary.imported.empty());
  EXPECT_THAT(summary_text(summary, Language::english, ""), HasSubstr("complete:"));
  // From now on a scan vouches for it.
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_gaps"), "0");
}

TEST_P(LoadWatermark, ALoadThatWasStoppedGoesOnWhereItWas) {
  open_shop();
  stop_.request(SIGTERM);
  const Result<LoadSummary> stopped = load(january(), client_options());
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(stopped->stopped);
  EXPECT_EQ(stopped->exit_code(stop_), ExitCode::terminated);
  stop_.request(0);
  // A window whose data is there but that was not noted is read again, and changes nothing.
  const LoadSummary summary = loaded(january());
  EXPECT_EQ(summary.inserted, placed);
  run("UPDATE load_scans SET ended_at=NULL");
  run("DELETE FROM load_windows WHERE window_from >= '2025-01-15'");
  const std::string before = business();
  const LoadSummary resumed = loaded(january());
  EXPECT_EQ(resumed.windows_resumed, 2U);
  EXPECT_EQ(resumed.windows_finished, 4U);
  EXPECT_EQ(resumed.inserted, 0U);
  EXPECT_EQ(business(), before);
}

INSTANTIATE_TEST_SUITE_P(Servers, LoadWatermark,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

INSTANTIATE_TEST_SUITE_P(Servers, ReadWatermark,
                         ::testing::Values(testing_database::all_servers().front()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load::xiaoe
