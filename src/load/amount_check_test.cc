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

  AmountCheckResult check(std::string_view upto = "2025-01-31 23:59:59", WallTime since = start) {
    AmountCheck amounts(db(), tables(), since, stop_);
    Result<AmountCheckResult> result =
        amounts.check({*CivilTime::parse("2025-01-01 00:00:00"), *CivilTime::parse(upto)});
    EXPECT_TRUE(result) << result.error().what.en;
    return result ? std::move(*result) : AmountCheckResult();
  }

  Stop stop_;
};

TEST_P(AmountCheckTest, SumsAreThoseOfTheRowsAsTheyCame) {
  const AmountCheckResult result = check();
  EXPECT_EQ(result.days_off, 0U);
  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_THAT(result.sums, ElementsAre(2300, 150, 5));
}

TEST_P(AmountCheckTest, WhatSomebodyChangedIsToldAndDerivingAgainMendsIt) {
  for (const char* change :
       {"UPDATE orders SET price_fen=1991 WHERE order_id='o_1'",
        "UPDATE orders SET price='19.91' WHERE order_id='o_1'",
        "UPDATE orders SET coupon_price=NULL, coupon_price_fen=NULL WHERE order_id='o_3'",
        "UPDATE orders SET refund_money='0.06', refund_money_fen=6 WHERE order_id='o_2'"}) {
    run(change);
    const AmountCheckResult result = check();
    EXPECT_EQ(result.days_off, 1U) << change;
    ASSERT_EQ(result.differences.size(), 1U) << change;
    EXPECT_THAT(result.differences.front().en, HasSubstr("2025-01-01: ")) << change;
    EXPECT_THAT(result.sums, ElementsAre(2300, 150, 5));
    EXPECT_EQ(rederived(tables()).changed, 1U) << change;
    EXPECT_EQ(check().days_off, 0U) << change;
  }
  run("UPDATE orders SET price='19.91', price_fen=1991 WHERE order_id='o_1'");
  EXPECT_THAT(check().differences.front().en,
              HasSubstr("price sums up to 23.01 in the warehouse, to 23.00 in the rows as the shop "
                        "showed them (o_1)"));
}

TEST_P(AmountCheckTest, ErrorsThatMakeUpForOneAnotherAreFound) {
  run("UPDATE orders SET price='19.91', price_fen=1991 WHERE order_id='o_1'");
  run("UPDATE orders SET price='2.99', price_fen=299 WHERE order_id='o_3'");
  const AmountCheckResult result = check();
  EXPECT_EQ(result.days_off, 1U);
  EXPECT_THAT(result.differences.front().en, HasSubstr("(o_1, o_3)"));
}

TEST_P(AmountCheckTest, OnlyWhatTheScanHasReadCounts) {
  run("UPDATE orders SET price='19.91', price_fen=1991 WHERE order_id='o_1'");
  EXPECT_EQ(check("2025-01-01 07:59:59").days_off, 0U);
  EXPECT_THAT(check("2025-01-31 23:59:59", start + std::chrono::seconds(1)).sums,
              ElementsAre(0, 0, 0));
  // Of a record whose present state was set aside the table keeps the one before.
  write({row("o_1", "1.005", 1)}, 5);
  EXPECT_EQ(check().days_off, 0U);
}

TEST_P(AmountCheckTest, ASignalEndsIt) {
  stop_.request(SIGTERM);
  AmountCheck amounts(db(), tables(), start, stop_);
  const auto ended = amounts.check(
      {*CivilTime::parse("2025-01-01 00:00:00"), *CivilTime::parse("2025-01-31 00:00:00")});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::cancelled);
}

INSTANTIATE_TEST_SUITE_P(Servers, AmountCheckTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
