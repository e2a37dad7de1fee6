// Amounts in the warehouse, held against the rows as the source showed them.

#include "load/amount_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "load/testing_orders.h"

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::row;
using testing::start;

class AmountCheckTest : public testing::EachOrderWarehouse {
 protected:
  void SetUp() override {
    EachOrderWarehouse::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    write({row("o_1", "\"19.90\"", 1), row("o_2", "0.1", 11, R"(,"refund_money":5)"),
           row("o_3", "3", 1, R"(,"coupon_price":"150")")},
          0);
  }

  AmountCheckResult check(std::string_view upto = "2025-01-31 23:59:59", WallTime since = start,
                          AmountScope scope = AmountScope::all) {
    AmountCheck amounts(db(), tables(), since, stop_);
    Result<AmountCheckResult> result = amounts.check(
        TimeWindow{*CivilTime::parse("2025-01-01 00:00:00"), *CivilTime::parse(upto)}, scope);
    EXPECT_TRUE(result) << result.error().what.en;
    return result ? std::move(*result) : AmountCheckResult();
  }

  Stop stop_;
};

TEST_P(AmountCheckTest, SumsAreThoseOfTheRowsAsTheyCame) {
  const AmountCheckResult result = check();
  EXPECT_EQ(result.days_off.size(), 0U);
  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_THAT(result.sums, ElementsAre(2300, 150, 5, 2295));
}

TEST_P(AmountCheckTest, WhatSomebodyChangedIsToldAndDerivingAgainMendsIt) {
  for (const char* change :
       {"UPDATE orders SET price_fen=1991 WHERE order_id='o_1'",
        "UPDATE orders SET price='19.91' WHERE order_id='o_1'",
        "UPDATE orders SET coupon_price=NULL, coupon_price_fen=NULL WHERE order_id='o_3'",
        "UPDATE orders SET refund_money='0.06', refund_money_fen=6 WHERE order_id='o_2'"}) {
    run(change);
    const AmountCheckResult result = check();
    EXPECT_THAT(result.days_off, ElementsAre("2025-01-01")) << change;
    ASSERT_EQ(result.differences.size(), 1U) << change;
    EXPECT_THAT(result.differences.front().en, HasSubstr("2025-01-01: ")) << change;
    EXPECT_THAT(result.sums, ElementsAre(2300, 150, 5, 2295));
    EXPECT_EQ(rederived(tables()).changed, 1U) << change;
    EXPECT_EQ(check().days_off.size(), 0U) << change;
  }
  run("UPDATE orders SET price='19.91', price_fen=1991 WHERE order_id='o_1'");
  EXPECT_THAT(check().differences.front().en,
              HasSubstr("price sums up to 23.01 in the warehouse, to 23.00 in the rows as the shop "
                        "showed them (o_1)"));
}

TEST_P(AmountCheckTest, ACentInAnyColumnIsNamed) {
  struct Case {
    const char* column;
    const char* value;
    const char* told;
  };
  for (const Case& one : {
           Case{"price", "'19.91'", "price sums up to 23.01 in the warehouse, to 23.00 "},
           Case{"price_fen", "1991", "price_fen sums up to 23.01 in the warehouse, to 23.00 "},
           Case{"coupon_price", "'0.01'",
                "coupon_price sums up to 1.51 in the warehouse, to 1.50 "},
           Case{"coupon_price_fen", "1", "coupon_price_fen sums up to 1.51 in the warehouse, "},
           Case{"refund_money", "'0.01'",
                "refund_money sums up to 0.06 in the warehouse, to 0.05 "},
           Case{"refund_money_fen", "1", "refund_money_fen sums up to 0.06 in the warehouse, "},
           Case{"net_amount", "'19.89'", "net_amount sums up to 22.94 in the warehouse, to 22.95 "},
           Case{"net_amount_fen", "1989", "net_amount_fen sums up to 22.94 in the warehouse, "},
       }) {
    run(fmt::format("UPDATE orders SET {}={} WHERE order_id='o_1'", one.column, one.value));
    const AmountCheckResult result = check();
    EXPECT_THAT(result.days_off, ElementsAre("2025-01-01")) << one.column;
    ASSERT_EQ(result.differences.size(), 1U) << one.column;
    EXPECT_THAT(result.differences.front().en, HasSubstr(fmt::format("2025-01-01: {}", one.told)));
    EXPECT_THAT(result.differences.front().en, HasSubstr("(o_1)")) << one.column;
    EXPECT_THAT(result.differences.front().zh,
                HasSubstr(fmt::format("{} 在数仓中合计", one.column)));
    EXPECT_EQ(rederived(tables()).changed, 1U) << one.column;
    EXPECT_EQ(check().days_off.size(), 0U) << one.column;
  }
}

TEST_P(AmountCheckTest, TheDayIsTheOneThatTheSourceShows) {
  run("UPDATE orders SET created_at='2025-01-07 08:00:00' WHERE order_id='o_1'");
  const AmountCheckResult result = check();
  EXPECT_THAT(result.days_off, ElementsAre("2025-01-01"));
  EXPECT_THAT(result.sums, ElementsAre(2300, 150, 5, 2295));
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_THAT(result.differences.front().en,
              HasSubstr("created_at in the warehouse is not what the shop showed (o_1: 2025-01-07 "
                        "08:00:00 / 2025-01-01 08:00:00)"));
  EXPECT_EQ(rederived(tables()).changed, 1U);
  EXPECT_EQ(check().days_off.size(), 0U);
}

TEST_P(AmountCheckTest, OfNewsOnlyWhatTheScanHasWrittenIsReadAgain) {
  const WallTime later = start + std::chrono::seconds(5);
  write({row("o_1", "\"19.90\"", 1), row("o_2", "0.1", 10, R"(,"refund_money":10)")}, 5);
  run("UPDATE orders SET price='0.01' WHERE order_id IN ('o_1', 'o_2')");
  const AmountCheckResult news = check("2025-01-31 23:59:59", later, AmountScope::news);
  EXPECT_EQ(news.records, 1U);
  EXPECT_THAT(news.sums, ElementsAre(10, 0, 10, 0));
  ASSERT_EQ(news.differences.size(), 1U);
  EXPECT_THAT(news.differences.front().en, HasSubstr("(o_2)"));
  const AmountCheckResult all = check("2025-01-31 23:59:59", later);
  EXPECT_EQ(all.records, 2U);
  ASSERT_EQ(all.differences.size(), 1U);
  EXPECT_THAT(all.differences.front().en, HasSubstr("(o_1, o_2)"));
}

TEST_P(AmountCheckTest, ErrorsThatMakeUpForOneAnotherAreFound) {
  run("UPDATE orders SET price='19.91', price_fen=1991 WHERE order_id='o_1'");
  run("UPDATE orders SET price='2.99', price_fen=299 WHERE order_id='o_3'");
  const AmountCheckResult result = check();
  EXPECT_THAT(result.days_off, ElementsAre("2025-01-01"));
  EXPECT_THAT(result.differences.front().en, HasSubstr("(o_1, o_3)"));
}

TEST_P(AmountCheckTest, OnlyWhatTheScanHasReadCounts) {
  run("UPDATE orders SET price='19.91', price_fen=1991 WHERE order_id='o_1'");
  EXPECT_EQ(check("2025-01-01 07:59:59").days_off.size(), 0U);
  EXPECT_THAT(check("2025-01-31 23:59:59", start + std::chrono::seconds(1)).sums,
              ElementsAre(0, 0, 0, 0));
  // Of a record whose present state was set aside the table keeps the one before.
  write({row("o_1", "1.005", 1)}, 5);
  EXPECT_EQ(check().days_off.size(), 0U);
}

TEST_P(AmountCheckTest, ASignalEndsIt) {
  stop_.request(SIGTERM);
  AmountCheck amounts(db(), tables(), start, stop_);
  const auto ended = amounts.check(TimeWindow{*CivilTime::parse("2025-01-01 00:00:00"),
                                              *CivilTime::parse("2025-01-31 00:00:00")});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::cancelled);
}

INSTANTIATE_TEST_SUITE_P(Servers, AmountCheckTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
