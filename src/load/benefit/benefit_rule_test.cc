#include "load/benefit/benefit_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

const CivilTime placed = *CivilTime::parse("2025-01-01 12:00:00");
const CivilTime due = *CivilTime::parse("2025-01-15 12:00:00");
constexpr std::int64_t price = 19900;

/// A paid order as the table has it, refunded so much at that time.
PlacedOrder order(std::int64_t state, std::int64_t refund = 0,
                  std::optional<CivilTime> refunded = std::nullopt,
                  CivilTime seen = placed + days(30)) {
  return {
      .created_at = placed,
      .pay_time = placed + seconds(9),
      .price = price,
      .now = {
          .order_state = state, .refund_money = refund, .refund_time = refunded, .seen_at = seen}};
}

Verdict judged(const PlacedOrder& placed_order, const BenefitRule& rule = {},
               std::vector<RefundState> history = {},
               std::vector<CompletedAfterSale> after_sales = {}) {
  return judge(gather_facts(placed_order, history, after_sales, due), rule);
}

Decision decided(const PlacedOrder& placed_order, const BenefitRule& rule = {},
                 std::vector<RefundState> history = {},
                 std::vector<CompletedAfterSale> after_sales = {}) {
  return judged(placed_order, rule, std::move(history), std::move(after_sales)).decision;
}

constexpr BenefitRule keeps_parts{.part_withdraws = false};

TEST(BenefitRule, ARefundOfEachDayAroundTheFourteenth) {
  EXPECT_EQ(due_at(placed), due);
  for (int day = 0; day <= 30; ++day)
    for (const auto& [shift, in_time] :
         {std::pair{seconds(-1), day <= 14}, {seconds(0), day <= 14}, {seconds(1), day < 14}}) {
      const CivilTime refunded = placed + days(day) + shift;
      if (refunded < placed) continue;
      const Decision wanted = in_time ? Decision::withdrawn : Decision::granted;
      for (const std::int64_t state : {3, 10})
        for (const BenefitRule rule : {BenefitRule{}, keeps_parts})
          EXPECT_EQ(decided(order(state, price, refunded), rule), wanted)
              << refunded.text() << " state " << state;
      EXPECT_EQ(decided(order(11, 100, refunded)), wanted) << refunded.text();
      EXPECT_EQ(decided(order(11, 100, refunded), keeps_parts), Decision::granted);
    }
}

TEST(BenefitRule, TheLastSecondOfTheFourteenthDayCounts) {
  const Verdict last = judged(order(10, price, due));
  EXPECT_EQ(last.decision, Decision::withdrawn);
  EXPECT_THAT(last.reason.en,
              HasSubstr("refunded (so far 199.00 of 199.00) on 2025-01-15 12:00:00"));
  EXPECT_THAT(last.reason.zh, HasSubstr("在下单后 14 天内（截至 2025-01-15 12:00:00）"));
  const Verdict late = judged(order(10, price, due + seconds(1)));
  EXPECT_EQ(late.decision, Decision::granted);
  EXPECT_THAT(late.reason.en, HasSubstr("later than 14 days"));
}

TEST(BenefitRule, WithoutARefundItIsGranted) {
  EXPECT_EQ(decided(order(1)), Decision::granted);
  EXPECT_THAT(judged(order(1)).reason.zh, HasSubstr("发放：已支付"));
  EXPECT_THAT(judged(order(8)).reason.en, HasSubstr("A refund is under way"));
  EXPECT_THAT(judged(order(9)).reason.en, HasSubstr("failed"));
  EXPECT_EQ(decided(order(8)), Decision::granted);
  // A refund that failed moved no money, whatever time the row carries.
  EXPECT_EQ(decided(order(9, 0, placed + days(3))), Decision::granted);
  // But one that failed after a part was refunded leaves the part.
  EXPECT_EQ(decided(order(9, 100, placed + days(3))), Decision::withdrawn);
}

TEST(BenefitRule, UnpaidAndCancelledOrdersGetNone) {
  for (const std::int64_t state : {0, 2, 4, 5, 6, 7})
    EXPECT_EQ(decided(order(state)), Decision::none) << state;
}

TEST(BenefitRule, AnUnknownStateIsNotGuessed) {
  const Verdict verdict = judged(order(100));
  EXPECT_EQ(verdict.decision, Decision::pending);
  EXPECT_THAT(verdict.reason.en, HasSubstr("order_state 100"));
}

TEST(BenefitRule, TheFirstRefundCountsThoughALaterOneOverwritesItsTime) {
  const RefundState first{.order_state = 11, .refund_money = 100, .refund_time = placed + days(5)};
  const PlacedOrder now = order(10, price, placed + days(20));
  EXPECT_EQ(decided(now, {}, {first}), Decision::withdrawn);
  EXPECT_EQ(decided(now, keeps_parts, {first}), Decision::granted);  // Whole only on day 20.
  EXPECT_EQ(decided(now), Decision::granted);
}

TEST(BenefitRule, WhatTheOrderNoLongerSaysDoesNotCount) {
  const RefundState mistaken{
      .order_state = 10, .refund_money = price, .refund_time = placed + days(5)};
  EXPECT_EQ(decided(order(1), {}, {mistaken}), Decision::granted);
}

TEST(BenefitRule, AfterSalesProveAnEarlierRefund) {
  const PlacedOrder now = order(11, 300, placed + days(20));
  const CompletedAfterSale early{
      .refund_time = placed + days(6), .changed_at = placed + days(25), .refund_money = 100};
  EXPECT_EQ(decided(now, {}, {}, {early}), Decision::withdrawn);
  // Changed in time, so refunded in time, though no time is told.
  EXPECT_EQ(decided(now, {}, {}, {{.changed_at = placed + days(6), .refund_money = 100}}),
            Decision::withdrawn);
  // Changed later says nothing; the order's own time does.
  EXPECT_EQ(decided(now, {}, {}, {{.changed_at = placed + days(25), .refund_money = 100}}),
            Decision::granted);
  // One without money is none.
  EXPECT_EQ(decided(now, {}, {}, {{.changed_at = placed + days(6), .refund_money = 0}}),
            Decision::granted);
  // An order that says nothing of a refund is believed.
  EXPECT_EQ(decided(order(1), {}, {}, {early}), Decision::granted);
}

TEST(BenefitRule, PartsThatAddUpToTheWholeInTime) {
  const PlacedOrder now = order(10, price, placed + days(20));
  const CompletedAfterSale first{.refund_time = placed + days(2), .refund_money = 9900};
  const CompletedAfterSale second{.refund_time = placed + days(13), .refund_money = 10000};
  EXPECT_EQ(decided(now, keeps_parts, {}, {second, first}), Decision::withdrawn);
  EXPECT_EQ(decided(now, keeps_parts, {}, {first}), Decision::granted);
}

TEST(BenefitRule, ARefundWithoutATime) {
  // Seen in time: it was made in time.
  const PlacedOrder seen_early = order(10, price, std::nullopt, placed + days(13));
  EXPECT_EQ(decided(seen_early), Decision::withdrawn);
  EXPECT_THAT(judged(seen_early).reason.en, HasSubstr("at the latest"));
  const PlacedOrder seen_late = order(10, price, std::nullopt, placed + days(20));
  EXPECT_EQ(decided(seen_late), Decision::pending);
  EXPECT_THAT(judged(seen_late).reason.en, HasSubstr("nothing tells"));
  EXPECT_EQ(decided(seen_late, {}, {}, {{.refund_time = placed + days(15), .refund_money = 100}}),
            Decision::granted);
}

TEST(BenefitRule, TheFactsAreATextThatChangesWithThem) {
  const auto facts = [](const PlacedOrder& placed_order) {
    return gather_facts(placed_order, {}, {}, due).text();
  };
  EXPECT_EQ(facts(order(1)),
            R"({"created_at":"2025-01-01 12:00:00","pay_time":"2025-01-01 12:00:09",)"
            R"("order_state":"1","price":"199.00"})");
  EXPECT_EQ(facts(order(10, price, placed + days(2))),
            R"({"created_at":"2025-01-01 12:00:00","pay_time":"2025-01-01 12:00:09",)"
            R"("order_state":"10","price":"199.00","refund_money":"199.00",)"
            R"("refunded":"2025-01-03 12:00:00","refunded_by":"order",)"
            R"("wholly_refunded":"2025-01-03 12:00:00","wholly_refunded_by":"order"})");
}

TEST(BenefitRule, AChangeTellsWhatStoodBefore) {
  Verdict verdict = judged(order(10, price, placed + days(10)));
  tell_change(verdict, Decision::granted, placed + days(15));
  EXPECT_EQ(verdict.decision, Decision::withdrawn);
  EXPECT_THAT(verdict.reason.en, HasSubstr("known after 2025-01-16 12:00:00, when it was granted"));
  EXPECT_THAT(verdict.reason.zh, HasSubstr("决定为“发放”"));

  Verdict unpaid = judged(order(7));
  tell_change(unpaid, Decision::granted, placed + days(15));
  EXPECT_EQ(unpaid.decision, Decision::withdrawn);
  Verdict first = judged(order(7));
  tell_change(first, Decision::pending, placed + days(15));
  EXPECT_EQ(first.decision, Decision::none);
  EXPECT_THAT(first.reason.en, Not(HasSubstr("known after")));
}

TEST(BenefitRule, NamesOfDecisionsAreReadBack) {
  for (const Decision decision :
       {Decision::granted, Decision::withdrawn, Decision::pending, Decision::none})
    EXPECT_EQ(parse_decision(name(decision)), decision);
  EXPECT_EQ(parse_decision("maybe"), std::nullopt);
}

}  // namespace
}  // namespace tidemark::load
