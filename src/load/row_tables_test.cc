#include "load/row_tables.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/refund.h"
#include "load/testing_warehouse.h"
#include "load/xiaoe/refund_transform.h"

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::start;

std::string refund(std::string_view id, std::string_view updated, int state,
                   std::string_view more = "") {
  return fmt::format(
      R"({{"aftersale_id":"{}","order_id":"o_1","state":{},"state_str":"","sale_type":1,)"
      R"("apply_refund_money":"1990","refund_money":990,"actual_fee":"","original_price":2990,)"
      R"("goods_list":[{{"goods_name":"课程","buy_num":"1"}},{{"goods_name":"资料","buy_num":2}}],)"
      R"("created_at":"2025-01-01 08:00:00","updated_at":"{}"{}}})",
      id, state, updated, more);
}

class RowTablesTest : public testing::EachWarehouse {
 protected:
  [[nodiscard]] const StreamTables& tables() const override { return refunds_; }

  static Observed seen(std::string_view payload, int seconds) {
    const std::size_t at = payload.find("as_");
    return observed_row(std::string(payload.substr(at, 4)), std::string(payload),
                        start + std::chrono::seconds(seconds));
  }
  std::string row(std::string_view columns) {
    return value(fmt::format("SELECT {} FROM refunds", columns));
  }
  std::string business() {
    std::string all;
    Result<std::unique_ptr<sql::Cursor>> rows = db().query("SELECT * FROM refunds ORDER BY 2");
    if (!rows) return rows.error().what.en;
    while ((*rows)->next().value_or(false)) {
      for (std::size_t i = 0; i < (*rows)->columns(); ++i)
        all += std::string((*rows)->at(i).value_or("NULL")) + '|';
      all += '\n';
    }
    return all;
  }

  RecordTables<Refund> refunds_{"xiaoe", std::chrono::hours(8),
                                std::make_unique<xiaoe::RefundTransform>()};
};

TEST_P(RowTablesTest, ANewRowIsToTheCent) {
  EXPECT_EQ(write_batch({seen(refund("as_1", "2025-01-02 09:00:00", 13), 0)}).inserted, 1U);
  EXPECT_EQ(row("apply_refund_money"), "19.90");
  EXPECT_EQ(row("refund_money_fen"), "990");
  EXPECT_EQ(row("actual_fee"), "NULL");
  EXPECT_EQ(row("state_text"), "退款完成");
  EXPECT_EQ(row("sale_type_text"), "仅退款");
  EXPECT_EQ(row("goods_text"), "课程 x 1；资料 x 2");
  EXPECT_EQ(row("goods_count"), "3");
  EXPECT_EQ(row("time_zone"), "+08:00");
  EXPECT_EQ(row("source_updated_at"), "2025-01-02 09:00:00");
}

TEST_P(RowTablesTest, TheSameRowsAgainTouchNothing) {
  write_batch({seen(refund("as_1", "2025-01-02 09:00:00", 2), 0),
               seen(refund("as_2", "2025-01-02 09:00:00", 2), 0)});
  const std::string before = business();
  EXPECT_EQ(write_batch({seen(refund("as_1", "2025-01-02 09:00:00", 2), 60),
                         seen(refund("as_2", "2025-01-02 09:00:00", 2), 60)})
                .unchanged,
            2U);
  EXPECT_EQ(business(), before);
}

TEST_P(RowTablesTest, TheSourcesStampGoesBeforeTheObservation) {
  write_batch({seen(refund("as_1", "2025-01-02 09:00:00", 11), 0)});
  // Observed later, but older by the shop's own stamp.
  EXPECT_EQ(write_batch({seen(refund("as_1", "2025-01-02 08:59:59", 2), 60)}).older, 1U);
  EXPECT_EQ(row("state"), "11");
  // Observed earlier, but newer by that stamp.
  EXPECT_THAT(write_batch({seen(refund("as_1", "2025-01-03 10:00:00", 13), -60)}).changed,
              SizeIs(1));
  EXPECT_EQ(row("state"), "13");
  // With the same stamp the later observation counts.
  EXPECT_EQ(write_batch({seen(refund("as_1", "2025-01-03 10:00:00", 14), -60)}).older, 1U);
  EXPECT_THAT(write_batch({seen(refund("as_1", "2025-01-03 10:00:00", 14), 120)}).changed,
              SizeIs(1));
  EXPECT_EQ(row("state"), "14");
}

TEST_P(RowTablesTest, OfOneRecordTwiceInABatchTheNewerStampCounts) {
  const BatchOutcome outcome = write_batch({seen(refund("as_1", "2025-01-03 10:00:00", 13), 0),
                                            seen(refund("as_1", "2025-01-02 10:00:00", 2), 5)});
  EXPECT_EQ(outcome.repeats, 1U);
  EXPECT_EQ(row("state"), "13");
}

TEST_P(RowTablesTest, WhatCannotBeStoredIsSetAsideAndTheOthersGoOn) {
  const BatchOutcome outcome = write_batch(
      {seen(R"({"aftersale_id":"as_1","order_id":"o","state":1,"refund_money":"1.5",)"
            R"("created_at":"2025-01-01 08:00:00"})",
            0),
       seen(refund("as_2", "2025-01-02 09:00:00", 99, R"(,"new_field":{"a":[1]})"), 0),
       seen(R"({"aftersale_id":"as_3","order_id":"","state":"x"})", 0),
       seen(R"({"aftersale_id":"as_4","order_id":"o","state":1,"created_at":"yesterday"})", 0)});
  EXPECT_EQ(outcome.inserted, 1U);
  EXPECT_THAT(outcome.rejected, SizeIs(3));
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_records"), "4");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects WHERE stream='aftersales'"), "3");
  EXPECT_EQ(outcome.unknown_codes, (std::set<UnknownCode>{{"state", "99"}}));
}

TEST_P(RowTablesTest, ARowThatNamesAnotherIdIsSetAside) {
  const BatchOutcome outcome =
      write_batch({observed_row("as_9", refund("as_1", "2025-01-02 09:00:00", 2), start)});
  EXPECT_THAT(outcome.rejected, ElementsAre(Field(&Message::en, HasSubstr("read as as_9"))));
}

TEST_P(RowTablesTest, DerivingAgainBringsBackWhatIsLost) {
  write_batch({seen(refund("as_1", "2025-01-02 09:00:00", 2), 0)});
  write_batch({seen(refund("as_1", "2025-01-03 09:00:00", 13), -60)});  // Newer by its stamp.
  const std::string before = row("state");
  run("DELETE FROM refunds");
  EXPECT_EQ(rederived(refunds_).inserted, 1U);
  EXPECT_EQ(row("state"), before);
  EXPECT_EQ(before, "13");
}

TEST_P(RowTablesTest, DerivingAgainTakesTheNewestStateThatCanBeStored) {
  write_batch({seen(refund("as_1", "2025-01-02 09:00:00", 2), 0)});
  write_batch({seen(refund("as_1", "2025-01-03 09:00:00", 11), 10)});
  EXPECT_THAT(write_batch({seen(refund("as_1", "soon", 13, R"(,"reason":"\u0000")"), 20)}).rejected,
              SizeIs(1));
  const std::string before = row("state, source_updated_at");
  run("DELETE FROM refunds");
  const RederiveSummary summary = rederived(refunds_);
  EXPECT_EQ(summary.inserted, 1U);
  EXPECT_EQ(summary.rejected, 1U);
  EXPECT_EQ(row("state"), "11");
  EXPECT_EQ(row("state, source_updated_at"), before);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "1");
}

INSTANTIATE_TEST_SUITE_P(Servers, RowTablesTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
