#include "load/row_tables.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/record_writer.h"
#include "load/rederive.h"
#include "load/refund.h"
#include "load/schema.h"
#include "load/xiaoe/refund_transform.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr WallTime start{std::chrono::seconds(1'735'700'000)};

class NoPause final : public Pause {
 public:
  bool wait(std::chrono::milliseconds /*duration*/) override { return true; }
};

std::string refund(std::string_view id, std::string_view updated, int state,
                   std::string_view more = "") {
  return fmt::format(
      R"({{"aftersale_id":"{}","order_id":"o_1","state":{},"state_str":"","sale_type":1,)"
      R"("apply_refund_money":"1990","refund_money":990,"actual_fee":"","original_price":2990,)"
      R"("goods_list":[{{"goods_name":"课程","buy_num":"1"}},{{"goods_name":"资料","buy_num":2}}],)"
      R"("created_at":"2025-01-01 08:00:00","updated_at":"{}"{}}})",
      id, state, updated, more);
}

class RowTablesTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(migrate_warehouse(db()));
    ASSERT_TRUE(ScanStore(db(), "xiaoe", "aftersales").register_stream());
    Result<RecordWriter> writer =
        RecordWriter::open([this] { return sql::connect(url()); }, refunds_, false, pause_);
    ASSERT_TRUE(writer) << writer.error().what.en;
    writer_.emplace(std::move(*writer));
  }
  void TearDown() override {
    writer_.reset();  // PostgreSQL drops no database that is in use.
    EachDatabase::TearDown();
  }

  static Observed seen(std::string_view payload, int seconds) {
    const std::size_t at = payload.find("as_");
    return observed_row(std::string(payload.substr(at, 4)), std::string(payload),
                        start + std::chrono::seconds(seconds));
  }
  BatchOutcome write(std::vector<Observed> batch) {
    Result<BatchOutcome> outcome = writer_->write(std::move(batch), "scan");
    EXPECT_TRUE(outcome) << outcome.error().what.en;
    return outcome ? std::move(*outcome) : BatchOutcome();
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

  NoPause pause_;
  RecordTables<Refund> refunds_{"xiaoe", std::chrono::hours(8),
                                std::make_unique<xiaoe::RefundTransform>()};
  std::optional<RecordWriter> writer_;
};

TEST_P(RowTablesTest, ANewRowIsToTheCent) {
  EXPECT_EQ(write({seen(refund("as_1", "2025-01-02 09:00:00", 13), 0)}).inserted, 1U);
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
  write({seen(refund("as_1", "2025-01-02 09:00:00", 2), 0),
         seen(refund("as_2", "2025-01-02 09:00:00", 2), 0)});
  const std::string before = business();
  EXPECT_EQ(write({seen(refund("as_1", "2025-01-02 09:00:00", 2), 60),
                   seen(refund("as_2", "2025-01-02 09:00:00", 2), 60)})
                .unchanged,
            2U);
  EXPECT_EQ(business(), before);
}

TEST_P(RowTablesTest, TheSourcesStampGoesBeforeTheObservation) {
  write({seen(refund("as_1", "2025-01-02 09:00:00", 11), 0)});
  // Observed later, but older by the shop's own stamp.
  EXPECT_EQ(write({seen(refund("as_1", "2025-01-02 08:59:59", 2), 60)}).older, 1U);
  EXPECT_EQ(row("state"), "11");
  // Observed earlier, but newer by that stamp.
  EXPECT_THAT(write({seen(refund("as_1", "2025-01-03 10:00:00", 13), -60)}).changed, SizeIs(1));
  EXPECT_EQ(row("state"), "13");
  // With the same stamp the later observation counts.
  EXPECT_EQ(write({seen(refund("as_1", "2025-01-03 10:00:00", 14), -60)}).older, 1U);
  EXPECT_THAT(write({seen(refund("as_1", "2025-01-03 10:00:00", 14), 120)}).changed, SizeIs(1));
  EXPECT_EQ(row("state"), "14");
}

TEST_P(RowTablesTest, OfOneRecordTwiceInABatchTheNewerStampCounts) {
  const BatchOutcome outcome = write({seen(refund("as_1", "2025-01-03 10:00:00", 13), 0),
                                      seen(refund("as_1", "2025-01-02 10:00:00", 2), 5)});
  EXPECT_EQ(outcome.repeats, 1U);
  EXPECT_EQ(row("state"), "13");
}

TEST_P(RowTablesTest, WhatCannotBeStoredIsSetAsideAndTheOthersGoOn) {
  const BatchOutcome outcome = write(
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
      write({observed_row("as_9", refund("as_1", "2025-01-02 09:00:00", 2), start)});
  EXPECT_THAT(outcome.rejected, ElementsAre(HasSubstr("read as as_9")));
}

TEST_P(RowTablesTest, DerivingAgainBringsBackWhatIsLost) {
  write({seen(refund("as_1", "2025-01-02 09:00:00", 2), 0)});
  write({seen(refund("as_1", "2025-01-03 09:00:00", 13), -60)});  // Newer by its stamp.
  const std::string before = row("state");
  run("DELETE FROM refunds");
  const ManualClock clock(start + std::chrono::hours(1));
  const Stop stop;
  std::atomic<std::uint64_t> records{0};
  Rederive rederive([this] { return sql::connect(url()); }, refunds_, clock, stop, records);
  const Result<RederiveSummary> summary = rederive.run(false);
  ASSERT_TRUE(summary) << summary.error().what.en;
  EXPECT_EQ(summary->inserted, 1U);
  EXPECT_EQ(row("state"), before);
  EXPECT_EQ(before, "13");
}

INSTANTIATE_TEST_SUITE_P(Servers, RowTablesTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
