// The whole way of orders: sandbox, client, extractor, warehouse.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/xiaoe/testing_order_loads.h"

namespace tidemark::load::xiaoe {
namespace {

using testing::at;
using testing::EachOrderLoad;
using ::testing::HasSubstr;
using testing::many_pages;
using testing::placed;
using testing::shop_options;
using ::testing::SizeIs;
using testing::utc;

class LoadOrders : public EachOrderLoad {};
/// What has nothing to do with the kind of database.
class ReadOrders : public EachOrderLoad {};

TEST_P(LoadOrders, ARangeIsInTheWarehouseToTheCent) {
  open_shop(shop_options(many_pages));
  const LoadSummary summary = loaded(january());
  EXPECT_EQ(summary.inserted, many_pages);
  EXPECT_EQ(summary.windows_finished, 6U);  // The last minutes are one of their own.
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::done);
  EXPECT_TRUE(summary.unknown_codes.empty());
  EXPECT_EQ(warehouse_truth(), truth());
  ASSERT_TRUE(summary.complete);
  EXPECT_EQ(summary.complete->from, at("2025-01-01"));
  // What is younger than five minutes may still be on its way.
  EXPECT_EQ(summary.complete->upto, at("2025-01-31 23:56:00"));
}

TEST_P(LoadOrders, PostgresHasLookedAtTheTablesThatGrew) {
  if (db().dialect() != sql::Dialect::postgres) GTEST_SKIP() << "the others need not";
  open_shop();
  loaded(january());
  const std::string small =
      "SELECT COUNT(*) FROM pg_class WHERE reltuples<600 AND oid IN ('orders'::regclass, "
      "'raw_seen'::regclass, 'raw_records'::regclass)";
  EXPECT_EQ(value(small), "0");
}

TEST_P(LoadOrders, TheSameAgainChangesNotOneRow) {
  open_shop();
  loaded(january());
  const std::string before = business();
  const LoadSummary again = loaded(january());
  EXPECT_EQ(again.unchanged, placed);
  EXPECT_EQ(again.inserted, 0U);
  EXPECT_THAT(again.changed, 0U);
  EXPECT_EQ(business(), before);
}

TEST_P(ReadOrders, FaultsOfTheShopChangeNothingOfTheTruth) {
  SandboxOptions options = shop_options(many_pages);
  options.faults = *FaultRates::parse(
      "error500=0.05,truncate=0.05,repeat=0.1,total=0.2,gbk=0.05,revoke=0.03,storm=0.05,busy=0."
      "05");
  open_shop(options);
  const LoadSummary summary = loaded(january(), 300);
  EXPECT_EQ(summary.inserted, many_pages);
  EXPECT_GT(summary.rereads, 0U);
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadOrders, SmallSlicesReadTheSame) {
  open_shop();
  const LoadSummary summary = loaded(january(), 50);
  EXPECT_EQ(summary.inserted, placed);
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(LoadOrders, LateRefundsAreFoundByReadingAgain) {
  open_shop();
  loaded(january());
  ask("POST", "/sandbox/clock", R"({"now":"2025-03-15 00:00:00"})");
  clock_.set_wall(utc("2025-03-15 00:00:00"));
  const LoadSummary usual = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(15)});
  EXPECT_EQ(usual.changed, 0U);
  EXPECT_NE(warehouse_truth(), truth());
  const LoadSummary deep = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(90)});
  EXPECT_GT(deep.changed, 0U);
  EXPECT_GT(deep.missed_by_rescan, 0U);
  EXPECT_THAT(deep.missed_orders, SizeIs(std::min<std::size_t>(20, deep.missed_by_rescan)));
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadOrders, ClocksThatAreApartEndTheLoad) {
  open_shop();
  ClientOptions careful = client_options();
  careful.clocks_apart_max = std::chrono::minutes(5);
  const Result<LoadSummary> stopped = load(january(), careful);  // The sandbox's is the real one.
  ASSERT_TRUE(stopped);
  ASSERT_EQ(stopped->errors.size(), 1U);
  EXPECT_THAT(stopped->errors.front().what.en, HasSubstr("too far apart"));
  EXPECT_EQ(stopped->rows, 0U);
  EXPECT_EQ(stopped->exit_code(stop_), ExitCode::failed);
}

TEST_P(LoadOrders, AnOrderThatShouldHaveBeenKnownIsReported) {
  open_shop();
  loaded(january());
  const std::string lost = value("SELECT MIN(order_id) FROM orders WHERE created_at<'2025-01-10'");
  for (const char* table : {"order_history", "order_items", "orders"})
    run(fmt::format("DELETE FROM {} WHERE order_id='{}'", table, lost));
  run(fmt::format("DELETE FROM raw_records WHERE record_id='{}'", lost));
  run(fmt::format("DELETE FROM raw_seen WHERE record_id='{}'", lost));
  const LoadSummary deep = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(deep.inserted, 1U);
  EXPECT_EQ(deep.missed_by_rescan, 1U);
  EXPECT_THAT(deep.missed_orders, ::testing::ElementsAre(lost));
}

TEST_P(ReadOrders, TheLimitOfCallsIsWaitedFor) {
  SandboxOptions options = shop_options();
  options.calls_per_window = 0;
  open_shop(options);
  ClientOptions impatient = client_options();
  impatient.call_window = std::chrono::milliseconds(7);
  const Result<LoadSummary> limited = load(january(), impatient);
  ASSERT_TRUE(limited);
  EXPECT_EQ(limited->errors.size(), 1U);
  EXPECT_THAT(limited->errors.front().what.en, HasSubstr("2053"));
  EXPECT_GE(pause_.waited_ms, 7 * 60);
}

TEST_P(ReadOrders, WrongCredentialsAreToldAndTheSecretIsNot) {
  open_shop();
  ClientOptions wrong = client_options();
  wrong.secret_key = "not-the-secret";
  const Result<LoadSummary> refused = load(january(), wrong);
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->errors.size(), 1U);
  EXPECT_EQ(refused->errors.front().kind, ErrorKind::unauthorized);
  EXPECT_EQ(refused->exit_code(stop_), ExitCode::unauthorized);
  EXPECT_THAT(refused->errors.front().what.en, ::testing::Not(HasSubstr("not-the-secret")));
  EXPECT_THAT(refused->errors.front().hint.en, HasSubstr("TIDEMARK_XIAOE__SECRET_KEY"));
}

TEST_P(ReadOrders, AShopThatIsAwayEndsTheRun) {
  open_shop();
  ClientOptions options = client_options();
  sandbox_->stop();
  const Result<LoadSummary> away = load(january(), options);
  ASSERT_TRUE(away);
  EXPECT_EQ(away->exit_code(stop_), ExitCode::retry_later);
  EXPECT_EQ(away->windows_failed, 1U);
}

TEST_P(LoadOrders, ADryRunLeavesTheWarehouseAsItWas) {
  open_shop();
  LoadOptions options = january();
  options.dry_run = true;
  EXPECT_EQ(loaded(options).inserted, placed);
  EXPECT_FALSE(db().describe("orders"));
  loaded(january());
  const LoadSummary again = loaded(options);
  EXPECT_EQ(again.inserted, 0U);
  EXPECT_EQ(again.unchanged, placed);
}

INSTANTIATE_TEST_SUITE_P(Servers, LoadOrders, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

INSTANTIATE_TEST_SUITE_P(Servers, ReadOrders,
                         ::testing::Values(testing_database::all_servers().front()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load::xiaoe
