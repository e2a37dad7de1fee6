// How pages of rows become rows of the warehouse.

#include "load/record_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/reject_store.h"
#include "load/testing_orders.h"

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::partly_refused;
using testing::row;
using ::testing::SizeIs;
using testing::start;

class RecordWriterTest : public testing::EachOrderWarehouse {};

TEST_P(RecordWriterTest, ANewRowAmongKnownOnesKeepsTheTimeOfItsOwnPage) {
  const auto page = [](int first, int seconds) {
    std::vector<Observed> rows;
    for (int number = first; number < first + 40; number += 2) {
      const std::string id = fmt::format("o_{:02}", number);
      rows.push_back(observed_row(id, row(id, "19.90", 1), start + std::chrono::seconds(seconds)));
    }
    return rows;
  };
  ASSERT_TRUE(writer_->write(page(0, 0), "first"));
  std::vector<Observed> batch = page(1, 10);  // New ones, and behind them the known ones again.
  for (Observed& known : page(0, 20)) batch.push_back(std::move(known));
  ASSERT_TRUE(writer_->write(std::move(batch), "second"));
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_seen WHERE observed_at=?",
                  {utc_text(start + std::chrono::seconds(10))}),
            "20");
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_seen WHERE observed_at=?",
                  {utc_text(start + std::chrono::seconds(20))}),
            "20");
}

TEST_P(RecordWriterTest, AnIdWithABlankAtItsEndIsNotTakenForTheOneWithout) {
  std::vector<Observed> batch;
  batch.push_back(observed_row("o_1", row("o_1", "19.90", 1), start));
  batch.push_back(observed_row("o_1 ", row("o_1 ", "29.90", 1), start));
  const Result<BatchOutcome> outcome = writer_->write(std::move(batch), "scan");
  ASSERT_TRUE(outcome) << outcome.error().what.en;
  EXPECT_EQ(outcome->inserted, 1U);
  EXPECT_THAT(outcome->rejected, SizeIs(1));
}

TEST_P(RecordWriterTest, ANewOrderFillsItsTables) {
  const BatchOutcome outcome = write(
      {row("o_1", "19.90", 11,
           R"(,"coupon_price":"500","refund_money":"990","refund_time":"2025-01-16 07:00:00")")},
      0);
  EXPECT_EQ(outcome.inserted, 1U);
  EXPECT_EQ(dump("orders",
                 "order_id, price, price_fen, coupon_price, refund_money, net_amount, "
                 "order_state_text, created_at, time_zone, days_to_refund, "
                 "refunded_within_14_days, updated_at"),
            "o_1|19.90|1990|5.00|9.90|10.00|发起过部分退款|2025-01-01 08:00:00|+08:00|14|0|" +
                value("SELECT updated_at FROM orders") + "|\n");
  EXPECT_EQ(dump("order_items"), "xiaoe|o_1|1|p_1|课程|50|1|NULL|NULL|NULL|NULL|\n");
  EXPECT_THAT(dump("order_history", "order_id, previous_order_state, order_state, refund_money"),
              "o_1|NULL|11|9.90|\n");
  EXPECT_EQ(
      value("SELECT payload FROM raw_records"),
      row("o_1", "19.90", 11,
          R"(,"coupon_price":"500","refund_money":"990","refund_time":"2025-01-16 07:00:00")"));
}

TEST_P(RecordWriterTest, TheSameRowsAgainTouchNothingButTheirStamps) {
  const std::vector<std::string> rows = {row("o_1", "1", 1), row("o_2", "2", 0),
                                         row("o_3", "3", 8)};
  write(rows, 0);
  const std::string before = business();
  const std::string raw_before = dump("raw_records");
  const BatchOutcome outcome = write(rows, 60);
  EXPECT_EQ(outcome.unchanged, 3U);
  EXPECT_THAT(outcome.changed, IsEmpty());
  EXPECT_EQ(business(), before);
  EXPECT_EQ(dump("raw_records"), raw_before);
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_seen WHERE observed_at > first_observed_at"), "3");
}

TEST_P(RecordWriterTest, AnOlderPageAfterANewerChangesNothing) {
  write({row("o_1", "1", 1)}, 0);
  write({row("o_1", "1", 10)}, 60);
  const std::string before = business();
  const BatchOutcome outcome = write({row("o_1", "1", 8)}, 30);
  EXPECT_EQ(outcome.older, 1U);
  EXPECT_EQ(business(), before);
}

TEST_P(RecordWriterTest, SeeingAStateAgainAlsoKeepsOlderPagesOut) {
  write({row("o_1", "1", 1)}, 0);
  write({row("o_1", "1", 1)}, 60);
  EXPECT_EQ(write({row("o_1", "1", 8)}, 30).older, 1U);
  EXPECT_EQ(value("SELECT order_state FROM orders"), "1");
}

TEST_P(RecordWriterTest, AChangeIsToldAndKeptAsHistory) {
  write({row("o_1", "5.00", 1), row("o_2", "1", 1)}, 0);
  const BatchOutcome outcome = write(
      {row("o_1", "5.00", 10, R"(,"refund_money":500,"refund_time":"2025-01-03 09:00:00")")}, 3600);
  ASSERT_THAT(outcome.changed, SizeIs(1));
  EXPECT_TRUE(outcome.changed.front().watched);
  EXPECT_EQ(dump("order_history", "order_id, previous_order_state, order_state, refund_money_fen"),
            "o_1|NULL|1|NULL|\no_1|1|10|500|\no_2|NULL|1|NULL|\n");
  // By the clock of the shop.
  EXPECT_THAT(value("SELECT MAX(seen_at) FROM order_history"),
              ::testing::StartsWith("2025-01-01 11:53:20"));
  EXPECT_EQ(value("SELECT refunded_within_14_days FROM orders WHERE order_id='o_1'"), "1");
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_records"), "3");
}

TEST_P(RecordWriterTest, TheFirstRefundCountsForItsDays) {
  const auto refund = [](std::string_view fen, std::string_view time) {
    return row("o_1", "5.00", 11,
               fmt::format(R"(,"refund_money":{},"refund_time":"{}")", fen, time));
  };
  const auto days = [this] {
    return dump("orders", "refund_money_fen, days_to_refund, refunded_within_14_days");
  };
  write({row("o_1", "5.00", 1)}, 0);
  write({refund("100", "2025-01-06 09:00:00")}, 60);
  EXPECT_EQ(days(), "100|5|1|\n");
  // The shop overwrites the time of the first with that of the second.
  write({refund("300", "2025-01-31 09:00:00")}, 120);
  EXPECT_EQ(days(), "300|5|1|\n");
  const std::string before = business();
  EXPECT_EQ(rederived(tables_).unchanged, 1U);
  EXPECT_EQ(business(), before);
  // It tells of no refund any more.
  write({row("o_1", "5.00", 1)}, 180);
  EXPECT_EQ(days(), "NULL|NULL|0|\n");
  EXPECT_EQ(rederived(tables_).unchanged, 1U);
}

TEST_P(RecordWriterTest, ARefundThatIsAskedForOrFailedIsNone) {
  const auto days = [this] {
    return dump("orders", "order_id, days_to_refund, refunded_within_14_days");
  };
  write({row("o_1", "5.00", 8, R"(,"refund_time":"2025-01-06 09:00:00")")}, 0);
  EXPECT_EQ(days(), "o_1|NULL|0|\n");
  write({row("o_1", "5.00", 9, R"(,"refund_time":"2025-01-07 09:00:00")")}, 60);
  EXPECT_EQ(days(), "o_1|NULL|0|\n");
  // One that was made before stays, whatever becomes of the rest of the money.
  write({row("o_1", "5.00", 8, R"(,"refund_money":100,"refund_time":"2025-01-08 09:00:00")")}, 120);
  EXPECT_EQ(days(), "o_1|7|1|\n");
  EXPECT_EQ(rederived(tables_).unchanged, 1U);
}

TEST_P(RecordWriterTest, WhatNoTableShowsChangesNoTable) {
  write({row("o_1", "1", 1, R"(,"system_info":"a")")}, 0);
  const std::string before = business();
  const BatchOutcome outcome = write({row("o_1", "1", 1, R"(,"system_info":"b")")}, 60);
  EXPECT_EQ(outcome.unchanged, 1U);
  EXPECT_EQ(business(), before);
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_records"), "2");
}

TEST_P(RecordWriterTest, OfOneRecordTwiceInABatchTheNewestCounts) {
  std::vector<Observed> batch = {
      observed_row("o_1", row("o_1", "1", 10), start + std::chrono::seconds(2)),
      observed_row("o_1", row("o_1", "1", 1), start)};
  const Result<BatchOutcome> outcome = writer_->write(batch, "scan");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->rows, 2U);
  EXPECT_EQ(outcome->repeats, 1U);
  EXPECT_EQ(value("SELECT order_state FROM orders"), "10");
}

TEST_P(RecordWriterTest, ARowThatCannotBeStoredIsSetAsideUntilItCan) {
  const std::string broken = row("o_1", "\"1.005\"", 1);
  EXPECT_THAT(write({broken, row("o_2", "2", 1)}, 0).rejected,
              ElementsAre(Field(&Message::en, HasSubstr("o_1: price cannot be stored: 1.005"))));
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders"), "1");
  EXPECT_EQ(value("SELECT payload FROM raw_records WHERE record_id='o_1'"), broken);
  EXPECT_THAT(value("SELECT reason FROM load_rejects"), HasSubstr("price"));
  // It comes again as it was: told again, since it is still not stored.
  EXPECT_THAT(write({broken}, 60).rejected, SizeIs(1));
  write({row("o_1", "1.00", 1)}, 120);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "0");
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders"), "2");
  EXPECT_THAT(write({row("o_1", "1.00", 1)}, 180).rejected, IsEmpty());
}

TEST_P(RecordWriterTest, ARowThatTheDatabaseRefusesHoldsUpNoOther) {
  refuse_666();
  const auto rows = [](std::string_view price) {
    std::vector<Observed> batch;
    for (int number = 0; number < 300; ++number) {
      const std::string id = fmt::format("o_{:03}", number);
      const bool poison = number == 0 || number == 177;
      batch.push_back(observed_row(id, row(id, poison ? price : "1.00", 1), start));
    }
    return batch;
  };
  const BatchOutcome outcome = write_batch(rows("6.66"));
  EXPECT_EQ(outcome.rows, 300U);
  EXPECT_EQ(outcome.inserted, 298U);
  EXPECT_THAT(outcome.rejected,
              ElementsAre(Field(&Message::en, HasSubstr("o_000: the database refuses it")),
                          Field(&Message::en, HasSubstr("o_177: the database refuses it"))));
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders"), "298");
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_records"), "300");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "2");
}

TEST_P(RecordWriterTest, RowsThatAreKnownAsRefusedStopNoLoad) {
  refuse_666();
  // Two readings met ten each.
  EXPECT_THAT(write_batch(partly_refused(50)).rejected, SizeIs(10));
  EXPECT_THAT(write_batch(partly_refused(40, 60)).rejected, SizeIs(20));
  EXPECT_EQ(accept_rejects(db(), "xiaoe", "orders", std::vector<std::string>{"o_041"}, start)
                .value_or(-1),
            1);
  const BatchOutcome again = write_batch(partly_refused(40, 120));
  EXPECT_EQ(again.unchanged, 40U);
  EXPECT_THAT(again.rejected, SizeIs(19));
  EXPECT_EQ(again.accepted, 1U);
  // Eleven that are new are as much too many as before.
  EXPECT_FALSE(writer_->write(partly_refused(29, 180), "scan"));
}

TEST_P(RecordWriterTest, RejectsThatAreOpenAreListedFirst) {
  const std::string broken = row("o_1", "\"1.005\"", 1);
  write({broken}, 0);
  write({row("o_2", "\"1.005\"", 1), row("o_3", "\"1.005\"", 1)}, 60);
  EXPECT_EQ(accept_rejects(db(), "xiaoe", "orders", std::vector<std::string>{"o_2", "o_3"}, start)
                .value_or(-1),
            2);
  const Result<std::vector<SetAside>> list = rows_set_aside(db(), 2);
  ASSERT_TRUE(list) << list.error().what.en;
  EXPECT_THAT(*list, ElementsAre(Field(&SetAside::id, "o_1"), Field(&SetAside::id, "o_2")));
  const Result<RejectCounts> counts = count_rejects(db());
  ASSERT_TRUE(counts) << counts.error().what.en;
  EXPECT_EQ(counts->open, 1);
  EXPECT_EQ(counts->accepted, 2);
}

TEST_P(RecordWriterTest, ATableThatTakesNoRowStopsTheLoad) {
  run("ALTER TABLE order_items RENAME TO away");
  std::vector<Observed> batch;
  for (int number = 0; number < 100; ++number) {
    const std::string id = fmt::format("o_{:03}", number);
    batch.push_back(observed_row(id, row(id, "1.00", 1), start));
  }
  const Result<BatchOutcome> outcome = writer_->write(std::move(batch), "scan");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::query);
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders"), "0");
  run("ALTER TABLE away RENAME TO order_items");
}

TEST_P(RecordWriterTest, ARejectThatIsAcceptedIsToldAgainWhenItChanges) {
  const std::string nameless = R"({"price":"1","order_state":1})";
  const std::string broken = row("o_1", "\"1.005\"", 1);
  EXPECT_THAT(write({nameless, broken}, 0).rejected, SizeIs(2));
  Result<std::vector<SetAside>> list = rows_set_aside(db(), 10);
  ASSERT_TRUE(list) << list.error().what.en;
  ASSERT_THAT(*list, SizeIs(2));
  EXPECT_FALSE(list->front().accepted);

  const auto accept = [this](const std::optional<std::vector<std::string>>& ids) {
    return accept_rejects(db(), "xiaoe", "orders", ids, start);
  };
  const auto unknown = accept(std::vector<std::string>{"o_1", "o_9"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::not_found);
  EXPECT_EQ(accept(std::vector<std::string>{"o_1"}).value_or(-1), 1);
  EXPECT_EQ(accept(std::nullopt).value_or(-1), 1);
  EXPECT_EQ(accept(std::nullopt).value_or(-1), 0);

  BatchOutcome again = write({nameless, broken}, 60);
  EXPECT_THAT(again.rejected, IsEmpty());
  EXPECT_EQ(again.accepted, 2U);
  EXPECT_EQ(rederived(tables_).rejected, 0U);
  again = write({row("o_1", "\"1.006\"", 1)}, 120);
  EXPECT_THAT(again.rejected, SizeIs(1));
  EXPECT_EQ(rederived(tables_).rejected, 1U);
  EXPECT_EQ(rederived(tables_).accepted, 1U);
}

TEST_P(RecordWriterTest, ARowWithoutAnIdIsKeptByItsContent) {
  const BatchOutcome outcome = write({R"({"price":"1","order_state":1})"}, 0);
  EXPECT_THAT(outcome.rejected, ElementsAre(Field(&Message::en, HasSubstr("order_id is missing"))));
  EXPECT_EQ(value("SELECT payload FROM raw_records"), R"({"price":"1","order_state":1})");
}

TEST_P(RecordWriterTest, HostileTextsStayTexts) {
  const std::string title = R"('); DROP TABLE orders; -- \\ \" \n ? 😀 %s)";
  const BatchOutcome outcome =
      write({row("o_1", "1", 1, R"(,"title":")" + title + R"(","goods_no":"\u0000")"),
             R"({"order_id":"o_2","title":"'); DROP TABLE orders; -- \\ \" \n ? 😀 %s","price":1,)"
             R"("order_state":99,"created_time":"2025-01-01 08:00:00"})"},
            0);
  EXPECT_THAT(outcome.rejected, ElementsAre(Field(&Message::en, HasSubstr("goods_no"))));
  EXPECT_EQ(value("SELECT title FROM orders"), "'); DROP TABLE orders; -- \\ \" \n ? 😀 %s");
  EXPECT_EQ(outcome.unknown_codes, (std::set<UnknownCode>{{"order_state", "99"}}));
  EXPECT_EQ(value("SELECT order_state FROM orders"), "99");
  EXPECT_EQ(value("SELECT order_state_text FROM orders"), "NULL");
}

TEST_P(RecordWriterTest, ADryRunTellsTheSameAndWritesNothing) {
  write({row("o_1", "1", 1), row("o_2", "2", 1)}, 0);
  const std::string before = business() + dump("raw_seen");
  open_writer(true);
  const BatchOutcome outcome =
      write({row("o_1", "1", 10), row("o_2", "2", 1), row("o_3", "3", 1)}, 60);
  EXPECT_EQ(outcome.inserted, 1U);
  EXPECT_EQ(outcome.unchanged, 1U);
  EXPECT_THAT(outcome.changed, SizeIs(1));
  EXPECT_EQ(business() + dump("raw_seen"), before);
}

TEST_P(RecordWriterTest, AnOrderWithFewerLinesLosesTheOthers) {
  write({row("o_1", "1", 1)}, 0);
  const std::string without =
      R"({"order_id":"o_1","price":1,"order_state":1,"created_time":"2025-01-01 08:00:00"})";
  write({without}, 60);
  EXPECT_EQ(value("SELECT COUNT(*) FROM order_items"), "0");
}

TEST_P(RecordWriterTest, ManyRowsComeInOneBatch) {
  std::vector<Observed> batch;
  for (int i = 0; i < 1500; ++i) {
    const std::string id = fmt::format("o_{:05}", i);
    batch.push_back(observed_row(id, row(id, "0.01", 1), start));
  }
  const Result<BatchOutcome> outcome = writer_->write(batch, "scan");
  ASSERT_TRUE(outcome) << outcome.error().what.en;
  EXPECT_EQ(outcome->inserted, 1500U);
  EXPECT_EQ(value("SELECT SUM(price_fen) FROM orders"), "1500");
  for (Observed& seen : batch) {
    seen = observed_row(seen.id, row(seen.id, "0.02", 1), start + std::chrono::seconds(1));
  }
  const Result<BatchOutcome> again = writer_->write(batch, "scan");
  ASSERT_TRUE(again) << again.error().what.en;
  EXPECT_THAT(again->changed, SizeIs(1500));
  EXPECT_EQ(value("SELECT SUM(price_fen) FROM orders"), "3000");
}

TEST_P(RecordWriterTest, WhatWasSeenInTheFutureHidesNothing) {
  // A machine whose clock is a month ahead reads o_1 for the first time, and o_2 again.
  write({row("o_2", "2", 1)}, -60);
  constexpr int month = 30 * 24 * 3600;
  clock_.set_wall(start + std::chrono::seconds(month));
  write({row("o_1", "1", 1), row("o_2", "2", 1), row("o_3", "3", 1)}, month);
  write({row("o_1", "1", 8)}, month + 1);
  // Its clock is right again, and o_1 and o_2 were refunded meanwhile.
  clock_.set_wall(start + std::chrono::seconds(120));
  const BatchOutcome outcome =
      write({row("o_1", "1", 10), row("o_2", "2", 10), row("o_3", "3", 1)}, 60);
  EXPECT_EQ(outcome.redated, 3U);
  EXPECT_EQ(outcome.older, 0U);
  EXPECT_THAT(outcome.changed, SizeIs(2));
  EXPECT_EQ(outcome.unchanged, 1U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders WHERE order_state=10"), "2");
  const std::string now = utc_text(clock_.wall());
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_seen WHERE observed_at>?", {now}), "0");
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_records WHERE observed_at>?", {now}), "0");
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_records"), "6");
  // The states stand in the order in which they were true: deriving again says the same.
  EXPECT_EQ(rederived(tables_).changed, 0U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders WHERE order_state=10"), "2");
  EXPECT_EQ(write({row("o_1", "1", 10)}, 90).redated, 0U);
}

TEST_P(RecordWriterTest, ANewOrderThatShouldHaveBeenKnownIsTold) {
  // Rows are of orders that were created at 2025-01-01 08:00:00.
  writer_->expect_known(
      {*CivilTime::parse("2025-01-01"), *CivilTime::parse("2025-01-01 08:00:00")});
  const BatchOutcome outcome = write({row("o_1", "1", 1)}, 0);
  EXPECT_EQ(outcome.inserted, 1U);
  ASSERT_THAT(outcome.late, SizeIs(1));
  EXPECT_EQ(outcome.late.front().id, "o_1");
  writer_->expect_known(
      {*CivilTime::parse("2025-01-01"), *CivilTime::parse("2025-01-01 07:59:59")});
  EXPECT_THAT(write({row("o_2", "1", 1)}, 60).late, IsEmpty());
  // What no scan has proven may hold anything.
  const CivilTime placed = *CivilTime::parse("2025-01-01 08:00:00");
  writer_->expect_known({*CivilTime::parse("2025-01-01"), placed}, {TimeWindow{placed, placed}});
  EXPECT_THAT(write({row("o_3", "1", 1)}, 120).late, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Servers, RecordWriterTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
