#include "load/benefit/benefit_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "load/benefit/pending_store.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/testing_pause.h"
#include "sql/testing_faults.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// By the shop's clock (UTC+8); the orders of these tests are placed at noon of 2025-01-01.
WallTime at(std::string_view local) {
  return WallTime(CivilTime::parse(local)->time().time_since_epoch()) - hours(8);
}

class BenefitRunTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(migrate_warehouse(db()));
    run("INSERT INTO load_streams (platform, stream) VALUES ('xiaoe', 'orders')");
  }

  /// An order in state 1, paid 199.00, observed at that moment.
  void place(const std::string& id, std::string_view observed,
             const std::string& created = "2025-01-01 12:00:00") {
    run("INSERT INTO orders (platform, order_id, price, price_fen, net_amount, net_amount_fen, "
        "order_state, created_at, pay_time, time_zone, refunded_within_14_days, updated_at) "
        "VALUES ('xiaoe', ?, '199.00', 19900, '199.00', 19900, 1, ?, ?, '+08:00', 0, ?)",
        {id, created, created, created});
    run("INSERT INTO raw_seen (platform, stream, record_id, content_hash, first_observed_at, "
        "observed_at, scan_id, rejected) VALUES ('xiaoe', 'orders', ?, 'h', ?, ?, 's', 0)",
        {id, utc_text(at(observed)), utc_text(at(observed))});
  }

  void observe(const std::string& id, std::string_view observed) {
    run("UPDATE raw_seen SET observed_at=? WHERE record_id=?", {utc_text(at(observed)), id});
  }

  void refund(const std::string& id, const std::string& time, std::int64_t state = 10,
              std::int64_t fen = 19900) {
    run("UPDATE orders SET order_state=?, refund_money_fen=?, refund_time=? WHERE order_id=?",
        {state, fen, time, id});
  }

  BenefitSummary decide(std::string_view now, BenefitOptions options = {}) {
    clock_.set_wall(at(now));
    decided_.clear();
    const auto connect = [this]() -> Result<std::unique_ptr<sql::Connection>> {
      auto connection = sql::connect(url());
      if (!connection) return connection;
      return std::make_unique<sql::testing::VictimConnection>(std::move(*connection), deadlocks_);
    };
    BenefitRun deciding(connect, options, clock_, stop_, pause_, orders_);
    Result<BenefitSummary> summary = deciding.run([this](std::span<const DecidedOrder> decided) {
      decided_.insert(decided_.end(), decided.begin(), decided.end());
      return Result<void>{};
    });
    EXPECT_TRUE(summary) << summary.error().what.en;
    return summary ? *summary : BenefitSummary();
  }

  std::string decision(const std::string& id) {
    return value("SELECT decision FROM benefit_decisions WHERE order_id=?", {id});
  }
  std::string reason(const std::string& id) {
    return value("SELECT reason FROM benefit_decisions WHERE order_id=?", {id});
  }
  std::string rows(const std::string& table) { return value("SELECT COUNT(*) FROM " + table); }

  ManualClock clock_{WallTime{}};
  Stop stop_;
  testing::NoPause pause_;
  int deadlocks_ = 0;  ///< So many of the next commits fail.
  std::atomic<std::uint64_t> orders_{0};
  std::vector<DecidedOrder> decided_;
};

TEST_P(BenefitRunTest, NothingIsDecidedBeforeItsTime) {
  place("o_1", "2025-01-15 12:05:01");
  EXPECT_EQ(decide("2025-01-15 12:05:00").not_due, 1U);
  EXPECT_EQ(rows("benefit_decisions"), "0");
  const BenefitSummary summary = decide("2025-01-15 12:05:01");
  EXPECT_EQ(summary.granted, 1U);
  EXPECT_EQ(decision("o_1"), "granted");
  EXPECT_THAT(value("SELECT due_at FROM benefit_decisions"), HasSubstr("2025-01-15 12:00:00"));
  EXPECT_THAT(value("SELECT decided_at FROM benefit_decisions"), HasSubstr("2025-01-15 12:05:01"));
}

TEST_P(BenefitRunTest, AnOrderWhoseNewestStateCouldNotBeStoredIsNotDecided) {
  place("o_1", "2025-01-15 12:05:01");
  run("UPDATE raw_seen SET rejected=1");  // A refund whose amount cannot be read, say.
  const BenefitSummary summary = decide("2025-01-20 11:00:00");
  EXPECT_EQ(summary.granted, 0U);
  EXPECT_EQ(summary.pending, 1U);
  EXPECT_EQ(decision("o_1"), "pending");
}

TEST_P(BenefitRunTest, WhatSomebodyHasAcceptedMakesNoRunPartialUntilItChanges) {
  place("o_1", "2025-01-15 12:05:01");
  place("o_2", "2025-01-15 12:05:01");
  place("o_3", "2025-01-02 12:00:00");
  run("UPDATE orders SET order_state=10, refund_money_fen=19900 WHERE order_id<>'o_3'");
  run("INSERT INTO order_history (platform, order_id, seen_at, order_state, refund_money_fen) "
      "SELECT platform, order_id, '2025-01-16 12:00:00.000000', 10, 19900 FROM orders");
  run("UPDATE orders SET updated_at='2025-01-16 12:00:00.000000'");
  BenefitSummary summary = decide("2025-01-20 11:00:00");
  EXPECT_EQ(summary.pending_undated, 2U);
  EXPECT_EQ(summary.pending_unobserved, 1U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::partial);

  const auto unknown = accept_pending(db(), "xiaoe", std::vector<std::string>{"o_1", "o_9"}, "why",
                                      at("2025-01-20 12:00:00"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::not_found);
  EXPECT_EQ(rows("benefit_pending_accepted"), "0");
  EXPECT_EQ(*accept_pending(db(), "file", std::nullopt, "why", at("2025-01-20 12:00:00")), 0);
  EXPECT_EQ(*accept_pending(db(), "xiaoe", std::vector<std::string>{"o_1"}, "why",
                            at("2025-01-20 12:00:00")),
            1);
  summary = decide("2025-01-21 11:00:00");
  EXPECT_EQ(summary.pending, 3U);
  EXPECT_EQ(summary.pending_accepted, 1U);
  EXPECT_EQ(summary.pending_undated, 1U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(*accept_pending(db(), "xiaoe", std::nullopt, "why", at("2025-01-21 12:00:00")), 2);
  EXPECT_EQ(*accept_pending(db(), "xiaoe", std::nullopt, "again", at("2025-01-21 12:00:00")), 0);
  summary = decide("2025-01-22 11:00:00");
  EXPECT_EQ(summary.pending_accepted, 3U);
  EXPECT_EQ(summary.unobserved.size(), 0U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::done);
  const auto listed = pending_orders(db(), 10);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ(listed->front().accepted_reason, "why");

  // More was refunded: other facts than were accepted.
  run("UPDATE orders SET refund_money_fen=19800 WHERE order_id='o_1'");
  summary = decide("2025-01-23 11:00:00");
  EXPECT_EQ(summary.pending_accepted, 2U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(count_pending(db())->at("xiaoe").open, 1);
  // A time came: decided, whatever was accepted.
  refund("o_1", "2025-01-10 12:00:00");
  refund("o_2", "2025-01-10 12:00:00");
  summary = decide("2025-01-24 11:00:00");
  EXPECT_EQ(summary.withdrawn, 2U);
  EXPECT_EQ(summary.pending_accepted, 1U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::done);
}

TEST_P(BenefitRunTest, AnOrderIsNotDecidedUntilItWasReadAfterItsTime) {
  place("o_1", "2025-01-15 12:05:00");
  EXPECT_EQ(decide("2025-01-16 11:00:00").awaited, 1U);  // The usual re-scan still reaches it.
  EXPECT_EQ(rows("benefit_decisions"), "0");
  const BenefitSummary pending = decide("2025-01-20 11:00:00");
  EXPECT_EQ(pending.pending_unobserved, 1U);
  EXPECT_EQ(pending.unobserved.at("xiaoe").oldest, days(19));
  EXPECT_EQ(pending.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(decision("o_1"), "pending");
  EXPECT_THAT(reason("o_1"), HasSubstr("not observed since its 14th day"));
  EXPECT_EQ(decide("2025-01-21 11:00:00").unchanged, 1U);
  observe("o_1", "2025-01-21 10:00:00");
  const BenefitSummary decided = decide("2025-01-21 11:00:00");
  EXPECT_EQ(decided.decided_anew, 1U);
  EXPECT_EQ(decided.exit_code(stop_), ExitCode::done);
  EXPECT_EQ(decision("o_1"), "granted");
  EXPECT_EQ(rows("benefit_decision_history"), "2");
}

TEST_P(BenefitRunTest, AnObservationInTheFutureProvesNothing) {
  place("o_1", "2025-03-01 00:00:00");
  const BenefitSummary summary = decide("2025-01-20 00:00:00");
  EXPECT_EQ(summary.granted, 0U);
  EXPECT_EQ(summary.pending_unobserved, 1U);
}

TEST_P(BenefitRunTest, AnOrderThatTheShopHasDroppedHoldsUpNothing) {
  place("o_1", "2025-01-10 00:00:00");
  const auto listed = [this](const std::string& scan, std::string_view began) {
    run("INSERT INTO load_scans (scan_id, platform, stream, mode, range_from, range_upto, "
        "started_at) VALUES (?, 'xiaoe', 'orders', 'rescan', '2025-01-01 00:00:00', "
        "'2025-02-01 00:00:00', ?)",
        {scan, utc_text(at(began))});
    run("INSERT INTO load_windows (scan_id, window_from, window_upto, records, finished_at) "
        "VALUES (?, '2025-01-01 00:00:00', '2025-01-07 23:59:59', 0, ?)",
        {scan, utc_text(at(began))});
  };
  listed("early",
         "2025-01-12 00:00:00");  // It was not listed then, and may come back until it counts.
  EXPECT_EQ(decide("2025-02-01 00:00:00").pending_unobserved, 1U);
  listed("late", "2025-01-20 00:00:00");
  const BenefitSummary summary = decide("2025-02-02 00:00:00");
  EXPECT_EQ(summary.pending_unobserved, 0U);
  EXPECT_EQ(summary.pending_unlisted, 1U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::done);
  EXPECT_THAT(reason("o_1"), HasSubstr("no longer lists"));
  // It is listed again.
  observe("o_1", "2025-01-25 00:00:00");
  EXPECT_EQ(decide("2025-02-03 00:00:00").granted, 1U);
}

TEST_P(BenefitRunTest, AnOrderInADisputedGapWasNotListed) {
  place("o_1", "2025-01-10 00:00:00");
  run("INSERT INTO load_scans (scan_id, platform, stream, mode, range_from, range_upto, "
      "started_at) VALUES ('s', 'xiaoe', 'orders', 'rescan', '2025-01-01 00:00:00', "
      "'2025-02-01 00:00:00', ?)",
      {utc_text(at("2025-01-20 00:00:00"))});
  run("INSERT INTO load_windows (scan_id, window_from, window_upto, records, finished_at) "
      "VALUES ('s', '2025-01-01 00:00:00', '2025-01-07 23:59:59', 0, '2025-01-20 00:00:00')");
  run("INSERT INTO load_gaps (platform, stream, span_from, span_upto, kind, found_at) VALUES "
      "('xiaoe', 'orders', '2025-01-01 12:00:00', '2025-01-01 12:00:00', 'disputed', "
      "'2025-01-20 00:00:00')");
  const BenefitSummary summary = decide("2025-02-01 00:00:00");
  EXPECT_EQ(summary.pending_unlisted, 0U);
  EXPECT_EQ(summary.pending_unobserved, 1U);
}

TEST_P(BenefitRunTest, AnOrderWhoseNewestStateIsSetAsideSaysSo) {
  place("o_1", "2025-01-20 00:00:00");
  run("UPDATE raw_seen SET rejected=1");
  const BenefitSummary summary = decide("2025-02-01 00:00:00");
  EXPECT_EQ(summary.pending_set_aside, 1U);
  EXPECT_EQ(summary.pending_unobserved, 0U);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::partial);
  EXPECT_THAT(reason("o_1"), HasSubstr("cannot be stored"));
  run("UPDATE raw_seen SET rejected=0");
  EXPECT_EQ(decide("2025-02-02 00:00:00").granted, 1U);
}

TEST_P(BenefitRunTest, ADeadlockIsNoEnd) {
  place("o_1", "2025-01-20 00:00:00");
  deadlocks_ = 2;
  const BenefitSummary summary = decide("2025-02-01 00:00:00");
  EXPECT_EQ(deadlocks_, 0);
  EXPECT_EQ(summary.orders, 1U);
  EXPECT_EQ(summary.granted, 1U);
  EXPECT_EQ(rows("benefit_decisions"), "1");
}

TEST_P(BenefitRunTest, OnlyOrdersOfThePlatformAreDecided) {
  place("o_1", "2025-01-20 00:00:00");
  run("INSERT INTO load_streams (platform, stream) VALUES ('webshop', 'orders')");
  run("INSERT INTO orders (platform, order_id, price, price_fen, net_amount, net_amount_fen, "
      "order_state, created_at, time_zone, refunded_within_14_days, updated_at) VALUES "
      "('webshop', 'w_1', '1.00', 100, '1.00', 100, -1, '2025-01-01 12:00:00', '+08:00', 0, "
      "'2025-01-01 12:00:00')");
  run("INSERT INTO raw_seen (platform, stream, record_id, content_hash, first_observed_at, "
      "observed_at, scan_id, rejected) VALUES ('webshop', 'orders', 'w_1', 'h', "
      "'2025-01-02 00:00:00', '2025-01-02 00:00:00', 's', 0)");
  BenefitOptions shop;
  shop.platform = "xiaoe";
  EXPECT_EQ(decide("2025-02-01 00:00:00", shop).exit_code(stop_), ExitCode::done);
  const BenefitSummary all = decide("2025-02-01 00:00:00");
  EXPECT_EQ(all.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(all.unobserved.at("webshop").orders, 1U);
}

TEST_P(BenefitRunTest, ARefundThatIsFoundLateWithdrawsWhatWasGranted) {
  place("o_1", "2025-01-16 00:00:00");
  place("o_2", "2025-01-16 00:00:00");
  EXPECT_EQ(decide("2025-01-16 01:00:00").granted, 2U);
  refund("o_1", "2025-01-11 12:00:00");  // Of day 10, seen on day 20.
  refund("o_2", "2025-01-17 12:00:00");
  observe("o_1", "2025-01-21 00:00:00");
  const BenefitSummary summary = decide("2025-01-21 01:00:00");
  EXPECT_EQ(summary.granted_to_withdrawn, 1U);
  EXPECT_THAT(summary.changed_orders, ElementsAre("o_1"));
  EXPECT_EQ(summary.facts_changed, 1U);
  EXPECT_EQ(decision("o_1"), "withdrawn");
  EXPECT_THAT(reason("o_1"), HasSubstr("on 2025-01-11 12:00:00, within 14 days"));
  EXPECT_THAT(reason("o_1"), HasSubstr("known after 2025-01-16 01:00:00, when it was granted"));
  EXPECT_EQ(value("SELECT previous_decision FROM benefit_decisions WHERE order_id='o_1'"),
            "granted");
  EXPECT_EQ(decision("o_2"), "granted");
  EXPECT_THAT(value("SELECT decided_at FROM benefit_decisions WHERE order_id='o_2'"),
              HasSubstr("2025-01-16 01:00:00"));
  EXPECT_EQ(value("SELECT COUNT(*) FROM benefit_decision_history WHERE order_id='o_1'"), "2");
}

TEST_P(BenefitRunTest, TheSecondRunTouchesNothing) {
  for (int i = 0; i < 30; ++i) {
    const std::string id = fmt::format("o_{:02}", i);
    place(id, "2025-03-01 00:00:00", fmt::format("2025-01-{:02} 12:00:00", i + 1));
    if (i % 3 == 0) refund(id, fmt::format("2025-{:02}-{:02} 12:00:00", i % 2 + 1, i + 2 - i % 2));
    if (i % 7 == 0) run("UPDATE orders SET order_state=6, pay_time=NULL WHERE order_id=?", {id});
  }
  const BenefitSummary first = decide("2025-03-01 01:00:00");
  EXPECT_EQ(first.orders, 30U);
  EXPECT_EQ(first.unpaid, 5U);
  EXPECT_EQ(first.decided_first, 25U);
  EXPECT_EQ(first.granted + first.withdrawn, 25U);
  EXPECT_GT(first.withdrawn, 0U);
  const auto stamps = [this] {
    return value("SELECT MAX(updated_at) FROM benefit_decisions") + '/' +
           rows("benefit_decision_history");
  };
  const std::string before = stamps();
  const BenefitSummary second = decide("2025-03-02 01:00:00");
  EXPECT_EQ(second.unchanged, 25U);
  EXPECT_EQ(second.decided_first + second.decided_anew + second.facts_changed, 0U);
  EXPECT_EQ(stamps(), before);
  EXPECT_EQ(decided_.size(), 25U);
}

TEST_P(BenefitRunTest, AnotherRuleChangesNothingUntilItIsWanted) {
  place("o_1", "2025-02-01 00:00:00");
  refund("o_1", "2025-01-05 12:00:00", 11, 100);
  decide("2025-02-01 01:00:00");
  EXPECT_EQ(decision("o_1"), "withdrawn");
  BenefitOptions keep{.rule = {.part_withdraws = false}};
  EXPECT_EQ(decide("2025-02-02 01:00:00", keep).other_rule, 1U);
  EXPECT_EQ(decision("o_1"), "withdrawn");
  keep.redecide = true;
  EXPECT_EQ(decide("2025-02-02 01:00:00", keep).decided_anew, 1U);
  EXPECT_EQ(decision("o_1"), "granted");
  EXPECT_EQ(value("SELECT rule_version FROM benefit_decisions"), "1:14d:whole-refund");
  EXPECT_EQ(decide("2025-02-03 01:00:00", keep).unchanged, 1U);
}

TEST_P(BenefitRunTest, HistoryAndAfterSalesAreAsked) {
  place("o_1", "2025-02-01 00:00:00");
  place("o_2", "2025-02-01 00:00:00");
  for (const char* id : {"o_1", "o_2"}) refund(id, "2025-01-20 12:00:00", 11, 300);
  run("INSERT INTO order_history (platform, order_id, seen_at, order_state, refund_money_fen, "
      "refund_time) VALUES ('xiaoe', 'o_1', '2025-01-05 13:00:00', 11, 100, "
      "'2025-01-05 12:00:00')");
  run("INSERT INTO refunds (platform, aftersale_id, order_id, state, refund_money_fen, created_at, "
      "source_updated_at, time_zone, updated_at) VALUES "
      "('xiaoe', 'as_1', 'o_2', 13, 100, '2025-01-04 12:00:00', '2025-01-05 12:00:00', '+08:00', "
      "'2025-01-05 12:00:00'),"
      "('xiaoe', 'as_2', 'o_1', 1, 100, '2025-01-02 12:00:00', '2025-01-02 12:00:00', '+08:00', "
      "'2025-01-05 12:00:00')");
  decide("2025-02-01 01:00:00");
  EXPECT_THAT(value("SELECT facts FROM benefit_decisions WHERE order_id='o_1'"),
              HasSubstr(R"("refunded":"2025-01-05 12:00:00","refunded_by":"order")"));
  EXPECT_THAT(value("SELECT facts FROM benefit_decisions WHERE order_id='o_2'"),
              HasSubstr(R"("refunded_by":"after_sale_change")"));
  EXPECT_EQ(decision("o_1"), "withdrawn");
  EXPECT_EQ(decision("o_2"), "withdrawn");
}

TEST_P(BenefitRunTest, ARangeAndADryRun) {
  place("o_1", "2025-03-01 00:00:00", "2025-01-01 12:00:00");
  place("o_2", "2025-03-01 00:00:00", "2025-01-02 12:00:00");
  BenefitOptions options{.created = TimeWindow{*CivilTime::parse("2025-01-02"),
                                               *CivilTime::parse("2025-01-02 23:59:59")}};
  options.dry_run = true;
  EXPECT_EQ(decide("2025-03-01 01:00:00", options).decided_first, 1U);
  EXPECT_EQ(decided_.size(), 1U);
  EXPECT_EQ(rows("benefit_decisions"), "0");
  options.dry_run = false;
  decide("2025-03-01 01:00:00", options);
  EXPECT_EQ(decision("o_1"), "NULL");
  EXPECT_EQ(decision("o_2"), "granted");
}

TEST_P(BenefitRunTest, AStopLeavesWhatIsDone) {
  place("o_1", "2025-03-01 00:00:00");
  stop_.request(SIGTERM);
  const BenefitSummary summary = decide("2025-03-01 01:00:00");
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::terminated);
  EXPECT_THAT(decided_, IsEmpty());
}

TEST_P(BenefitRunTest, WhatWasGrantedAndIsNoLongerPaidIsWithdrawn) {
  place("o_1", "2025-02-01 00:00:00");
  decide("2025-02-01 01:00:00");
  run("UPDATE orders SET order_state=7, pay_time=NULL");
  EXPECT_EQ(decide("2025-02-02 01:00:00").granted_to_withdrawn, 1U);
  EXPECT_THAT(reason("o_1"), HasSubstr("not paid (state 7)"));
  EXPECT_EQ(decide("2025-02-03 01:00:00").unchanged, 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, BenefitRunTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
