// What a load holds against the shop in the end, and how much of it.

#include "load/load_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/xiaoe/testing_order_loads.h"

namespace tidemark::load::xiaoe {
namespace {

using testing::at;
using testing::EachOrderLoad;
using ::testing::HasSubstr;
using testing::placed;

class CheckLoads : public EachOrderLoad {
 protected:
  /// The check of the newest scan, a re-scan, once more, as if nobody had looked after those of its
  /// windows that `unchecked`, a condition, says.
  LoadSummary check_again(const std::string& unchecked) {
    const Scan scan{.id = value("SELECT MAX(scan_id) FROM load_scans"),
                    .mode = "rescan",
                    .range = {at("2025-01-17"), at("2025-01-31 23:59:59")},
                    .started_at = clock_.wall()};
    run(
        fmt::format("INSERT INTO load_unchecked (scan_id, window_from, window_upto, platform, "
                    "stream) SELECT scan_id, window_from, window_upto, 'xiaoe', 'orders' FROM "
                    "load_windows WHERE scan_id='{}' AND {}",
                    scan.id, unchecked));
    LoadSummary summary;
    Result<std::unique_ptr<Client>> client =
        Client::create(client_options(), clock_, random_, pause_, stop_);
    EXPECT_TRUE(client);
    ListExtractor extractor(**client, order_list());
    ScanStore scans(db(), "xiaoe", "orders");
    StageClock stages(clock_);
    const Result<void> checked = LoadCheck({.connection = db(),
                                            .tables = tables_,
                                            .extractor = extractor,
                                            .scans = scans,
                                            .stop = stop_,
                                            .stages = stages},
                                           {.scan = scan,
                                            .mode = LoadMode::rescan,
                                            .range = scan.range,
                                            .settled = at("2025-01-31 23:50:00"),
                                            .whole = true},
                                           summary)
                                     .run();
    EXPECT_TRUE(checked) << checked.error().what.en;
    return summary;
  }
};

TEST_P(CheckLoads, AmountsThatSomebodyChangedAreTold) {
  open_shop();
  const LoadSummary first = loaded(january());
  ASSERT_EQ(first.sums.size(), 4U);
  EXPECT_EQ(first.amounts_compared, placed);
  EXPECT_EQ(std::to_string(first.sums[0].second), value("SELECT SUM(price_fen) FROM orders"));
  EXPECT_EQ(first.days_off, 0U);
  run("UPDATE orders SET price_fen=price_fen+1 WHERE order_id=(SELECT MIN(order_id) FROM orders)");
  const LoadSummary again = loaded(january());
  EXPECT_EQ(again.unchanged, placed);  // A row without news is left alone.
  EXPECT_EQ(again.days_off, 1U);
  EXPECT_EQ(again.exit_code(stop_), ExitCode::partial);
  EXPECT_THAT(again.trouble(), HasSubstr("price_fen sums up to"));
}

TEST_P(CheckLoads, OneReScanOfEachDayComparesAllAmountsAndTheOthersWhatIsNew) {
  open_shop();
  loaded(january());
  const LoadOptions rescan{.mode = LoadMode::rescan, .rescan = std::chrono::days(15)};
  const LoadSummary first = loaded(rescan);
  EXPECT_FALSE(first.amounts_of_news);
  EXPECT_GT(first.amounts_compared, 100U);
  clock_.advance(std::chrono::hours(1));
  const LoadSummary hourly = loaded(rescan);
  EXPECT_TRUE(hourly.amounts_of_news);
  EXPECT_EQ(hourly.amounts_compared, hourly.inserted + hourly.changed);
  EXPECT_LT(hourly.amounts_compared, first.amounts_compared);
  // One that reads further back compares all of it.
  const LoadSummary deep = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_FALSE(deep.amounts_of_news);
  EXPECT_EQ(deep.amounts_compared, placed);
  run("UPDATE orders SET price_fen=price_fen+1 WHERE order_id=(SELECT MAX(order_id) FROM orders)");
  EXPECT_EQ(loaded(rescan).days_off, 0U);
  clock_.advance(std::chrono::hours(23));
  for (int time = 0; time < 2; ++time) {  // Until it is mended.
    const LoadSummary daily = loaded(rescan);
    EXPECT_FALSE(daily.amounts_of_news);
    EXPECT_EQ(daily.days_off, 1U);
    EXPECT_EQ(daily.exit_code(stop_), ExitCode::partial);
  }
  run("UPDATE orders SET price_fen=price_fen-1 WHERE order_id=(SELECT MAX(order_id) FROM orders)");
  EXPECT_EQ(loaded(rescan).exit_code(stop_), ExitCode::done);
  EXPECT_TRUE(loaded(rescan).amounts_of_news);
}

TEST_P(CheckLoads, WhatAnyLoadFindsOffIsComparedByTheNextReScanToo) {
  open_shop();
  loaded(january());
  const LoadOptions rescan{.mode = LoadMode::rescan, .rescan = std::chrono::days(15)};
  EXPECT_FALSE(loaded(rescan).amounts_of_news);
  EXPECT_TRUE(loaded(rescan).amounts_of_news);
  run("UPDATE orders SET price_fen=price_fen+1 WHERE order_id=(SELECT MAX(order_id) FROM orders)");
  EXPECT_EQ(loaded(january()).days_off, 1U);
  for (int time = 0; time < 2; ++time) {
    const LoadSummary next = loaded(rescan);
    EXPECT_FALSE(next.amounts_of_news);
    EXPECT_EQ(next.days_off, 1U);
  }
}

TEST_P(CheckLoads, AReScanThatAnotherLoadHasComparedInPartIsNotTheOneOfTheDay) {
  open_shop();
  loaded(january());
  loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(15)});
  const std::string noted = "SELECT COUNT(*) FROM load_amount_checks";
  EXPECT_EQ(value(noted), "1");
  run("DELETE FROM load_amount_checks");
  const std::string first =
      "(SELECT MIN(window_from) FROM load_windows w WHERE "
      "w.scan_id=load_windows.scan_id)";
  check_again("window_from>" + first);
  EXPECT_EQ(value(noted), "0");
  check_again("window_from>=" + first);
  EXPECT_EQ(value(noted), "1");
}

TEST_P(CheckLoads, AnOrderThatWasGivenAnotherDayIsToldAsThat) {
  open_shop();
  loaded(january());
  const LoadOptions rescan{.mode = LoadMode::rescan, .rescan = std::chrono::days(15)};
  loaded(rescan);
  for (const char* moved : {"2025-01-20", "2024-06-01"}) {
    run(
        fmt::format("UPDATE orders SET created_at='{} 10:00:00' WHERE "
                    "order_id=(SELECT MAX(order_id) FROM orders)",
                    moved));
    const LoadSummary hourly = loaded(rescan);
    EXPECT_FALSE(hourly.amounts_of_news) << moved;
    EXPECT_EQ(hourly.days_missing, 1U) << moved;
    EXPECT_EQ(hourly.days_off, 1U) << moved;
    EXPECT_THAT(hourly.trouble(), HasSubstr("created_at in the warehouse")) << moved;
  }
}

TEST_P(CheckLoads, AnOrderThatTheShopHasDroppedHasNotAllComparedEachTime) {
  open_shop();
  loaded(january());
  const LoadOptions rescan{.mode = LoadMode::rescan, .rescan = std::chrono::days(15)};
  loaded(rescan);
  run("CREATE TEMPORARY TABLE dropped AS SELECT * FROM orders WHERE "
      "order_id=(SELECT MAX(order_id) FROM orders)");
  run("UPDATE dropped SET order_id='dropped'");
  run("INSERT INTO orders SELECT * FROM dropped");
  const LoadSummary hourly = loaded(rescan);
  EXPECT_EQ(hourly.days_surplus, 1U);
  EXPECT_TRUE(hourly.amounts_of_news);
}

INSTANTIATE_TEST_SUITE_P(Servers, CheckLoads,
                         ::testing::Values(testing_database::all_servers().front()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load::xiaoe
