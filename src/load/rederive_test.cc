// The tables made again of the raw layer.

#include "load/rederive.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "load/raw_layer.h"
#include "load/testing_orders.h"

namespace tidemark::load {
namespace {

using testing::partly_refused;
using testing::row;
using ::testing::SizeIs;

class RederiveTest : public testing::EachOrderWarehouse {};

TEST_P(RederiveTest, DerivingAgainPassesOverWhatTheDatabaseRefuses) {
  write_batch(partly_refused(60));
  refuse_666();
  EXPECT_THAT(write_batch(partly_refused(50, 60)).rejected, SizeIs(10));
  EXPECT_THAT(write_batch(partly_refused(40, 120)).rejected, SizeIs(20));
  run("UPDATE orders SET title='wrong'");
  const RederiveSummary summary = rederived(tables_);
  EXPECT_EQ(summary.records, 60U);
  EXPECT_EQ(summary.changed, 40U);
  EXPECT_EQ(summary.rejected, 20U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders WHERE title='wrong'"), "20");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "20");
  EXPECT_EQ(value("SELECT COUNT(*) FROM raw_seen WHERE rejected=1"), "20");
}

TEST_P(RederiveTest, DerivingAgainStopsWhenTheDatabaseRefusesTooManyMore) {
  write_batch(partly_refused(49));
  run("DELETE FROM order_history");
  run("DELETE FROM order_items");
  run("DELETE FROM orders");
  refuse_666();
  const Result<RederiveSummary> stopped = rederive(tables_);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::query);
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders"), "49");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "10");
}

TEST_P(RederiveTest, DerivingAgainIsDoneAgainAfterADeadlock) {
  write({row("o_1", "1", 1), row("o_2", "2", 1)}, 0);
  run("UPDATE orders SET title='wrong'");
  ASSERT_TRUE(migrate_warehouse(db()));
  deadlocks_ = 2;
  const RederiveSummary summary = rederived(tables_);
  EXPECT_EQ(deadlocks_, 0);
  EXPECT_EQ(summary.records, 2U);
  EXPECT_EQ(summary.changed, 2U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM orders WHERE title='wrong'"), "0");
}

TEST_P(RederiveTest, DerivingAgainChangesNothingThatIsRight) {
  write({row("o_1", "1", 1), row("o_2", "2", 1), row("o_3", "\"x\"", 1)}, 0);
  write({row("o_1", "1", 8), row("o_2", "2", 1, R"(,"system_info":"b")")}, 60);
  write({row("o_1", "1", 10, R"(,"refund_money":100,"refund_time":"2025-01-02 00:00:00")")}, 120);
  const std::string before = business();
  const RederiveSummary summary = rederived(tables_);
  EXPECT_EQ(summary.records, 3U);
  EXPECT_EQ(summary.unchanged, 2U);
  EXPECT_EQ(summary.rejected, 1U);
  EXPECT_EQ(summary.changed + summary.inserted + summary.histories, 0U);
  EXPECT_EQ(business(), before);
}

TEST_P(RederiveTest, ADryRunReadsAWarehouseThatIsNotMigratedYet) {
  write({row("o_1", "1", 1), row("o_2", "2", 1)}, 0);
  for (const char* view : {"v_products_rank", "v_products_daily", "v_order_products"})
    run("DROP VIEW " + std::string(view));
  for (const Column& column : testing::later_item_columns())
    run("ALTER TABLE order_items DROP COLUMN " + std::string(column.name));
  run("UPDATE orders SET title='wrong' WHERE order_id='o_1'");
  const RederiveSummary summary = rederived(tables_, true);
  EXPECT_EQ(summary.changed, 1U);
  EXPECT_EQ(summary.unchanged, 1U);
  open_writer(true);
  const BatchOutcome outcome =
      write({row("o_1", "3", 1), row("o_2", "2", 1), row("o_3", "1", 1)}, 60);
  EXPECT_THAT(outcome.changed, SizeIs(1));
  EXPECT_EQ(outcome.unchanged, 1U);
  EXPECT_EQ(outcome.inserted, 1U);
}

TEST_P(RederiveTest, DerivingAgainBringsBackWhatIsLost) {
  write({row("o_1", "1", 1), row("o_2", "2", 1)}, 0);
  write({row("o_1", "1", 10)}, 60);
  const std::string before = dump("orders", "order_id, price, order_state") + dump("order_history");
  run("DELETE FROM order_history");
  run("DELETE FROM order_items");
  run("DELETE FROM orders");
  const RederiveSummary summary = rederived(tables_);
  EXPECT_EQ(summary.inserted, 2U);
  EXPECT_EQ(dump("orders", "order_id, price, order_state") + dump("order_history"), before);
}

TEST_P(RederiveTest, LongRowsAreReadFewAtATime) {
  constexpr std::size_t long_bytes = std::size_t{2} << 20;
  const std::string more = fmt::format(R"(,"system_info":"{}")", std::string(long_bytes, 'x'));
  const std::size_t count = states_bytes_max / long_bytes + 4;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = fmt::format("o_{:02}", i);
    std::vector<Observed> batch;
    batch.push_back(observed_row(id, row(id, "1.00", 1, more), testing::start));
    ASSERT_EQ(write_batch(std::move(batch)).inserted, 1U);
  }
  RawLayer raw(db(), "xiaoe", "orders");
  for (const bool all_states : {true, false}) {
    const auto some = raw.versions("", 500, all_states);
    ASSERT_TRUE(some) << some.error().what.en;
    EXPECT_EQ(some->size(), count - 4);
    const auto rest = raw.versions(some->back().id, 500, all_states);
    ASSERT_TRUE(rest) << rest.error().what.en;
    EXPECT_EQ(rest->size(), 4U);
  }
  run("UPDATE orders SET title='?'");
  EXPECT_EQ(rederived(tables()).changed, count);
}

TEST_P(RederiveTest, OtherTextsNeedNoShop) {
  write({row("o_1", "1", 8), row("o_2", "2", 1)}, 0);
  const OrderTables official = tables_with(CodeTexts::official);
  EXPECT_EQ(rederived(official, true).changed, 1U);
  EXPECT_EQ(value("SELECT order_state_text FROM orders WHERE order_id='o_1'"), "主动全部退款中");
  EXPECT_EQ(rederived(official).changed, 1U);
  EXPECT_EQ(value("SELECT order_state_text FROM orders WHERE order_id='o_1'"), "退款中");
  EXPECT_EQ(value("SELECT order_state_text FROM order_history WHERE order_id='o_1'"), "退款中");
}

TEST_P(RederiveTest, DerivingAgainTakesTheNewestStateThatCanBeStored) {
  write({row("o_1", "1", 1), row("o_2", "2", 1)}, 0);
  write({row("o_1", "1", 8)}, 60);
  EXPECT_THAT(write({row("o_1", "\"1.005\"", 10)}, 120).rejected, SizeIs(1));
  const std::string before = business();
  const RederiveSummary right = rederived(tables_);
  EXPECT_EQ(right.unchanged, 2U);
  EXPECT_EQ(right.rejected, 1U);
  EXPECT_EQ(right.changed + right.inserted + right.histories, 0U);
  EXPECT_EQ(business(), before);
  const std::string states = dump("orders", "order_id, price, order_state") + dump("order_history");
  run("DELETE FROM order_history");
  run("DELETE FROM order_items");
  run("DELETE FROM orders");
  EXPECT_EQ(rederived(tables_).inserted, 2U);
  EXPECT_EQ(dump("orders", "order_id, price, order_state") + dump("order_history"), states);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "1");
}

/// Takes nothing of an order while the rule is too strict.
class StrictTransform final : public OrderTransform {
 public:
  explicit StrictTransform(const bool& strict) : strict_(strict) {}
  Result<Order> transform(std::string_view payload,
                          std::vector<UnknownCode>& unknown) const override {
    if (strict_) return fail(ErrorKind::rejected, {"too strict", "过严"});
    return usual_.transform(payload, unknown);
  }

 private:
  const bool& strict_;
  const xiaoe::XiaoeOrderTransform usual_{CodeTexts::usual};
};

TEST_P(RederiveTest, AStateThatCanBeStoredLaterWasSeenWhenItWasSeen) {
  bool strict = true;
  const OrderTables tables("xiaoe", std::chrono::hours(8),
                           std::make_unique<StrictTransform>(strict));
  Result<RecordWriter> writer =
      RecordWriter::open([this] { return sql::connect(url()); }, tables, false, pause_, clock_);
  ASSERT_TRUE(writer);
  writer_.emplace(std::move(*writer));
  EXPECT_THAT(write({row("o_1", "1", 1)}, 0).rejected, SizeIs(1));
  strict = false;
  EXPECT_EQ(write({row("o_1", "1", 1)}, 60).inserted, 1U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_rejects"), "0");
  const std::string before = business();
  EXPECT_EQ(rederived(tables).histories, 0U);
  EXPECT_EQ(business(), before);
  EXPECT_THAT(value("SELECT seen_at FROM order_history"),
              ::testing::StartsWith("2025-01-01 10:53:20"));
  writer_.reset();
}

/// Tables beside which something else happens whenever a step of deriving begins.
class Interrupted final : public StreamTables {
 public:
  Interrupted(const StreamTables& tables, std::function<void()> meanwhile)
      : tables_(tables), meanwhile_(std::move(meanwhile)) {}
  [[nodiscard]] StreamKind kind() const override { return tables_.kind(); }
  [[nodiscard]] const std::string& platform() const override { return tables_.platform(); }
  [[nodiscard]] bool keeps_history() const override { return tables_.keeps_history(); }
  [[nodiscard]] std::unique_ptr<StreamBatch> batch() const override {
    meanwhile_();
    return tables_.batch();
  }

 private:
  const StreamTables& tables_;
  const std::function<void()> meanwhile_;
};

TEST_P(RederiveTest, ADryRunSeesNothingOfALoadBesideIt) {
  write({row("o_1", "1", 1), row("o_2", "2", 1)}, 0);
  // Of o_1 the raw state is read before it is refunded, and its order is compared after it was.
  const Interrupted tables(tables_, [this] {
    write({row("o_1", "1", 10, R"(,"refund_money":100,"refund_time":"2025-01-02 00:00:00")"),
           row("o_9", "9", 1)},
          60);
  });
  const RederiveSummary summary = rederived(tables, true);
  EXPECT_EQ(summary.records, 2U);
  EXPECT_EQ(summary.unchanged, 2U);
  EXPECT_EQ(summary.changed + summary.inserted + summary.histories, 0U);
  EXPECT_EQ(rederived(tables_, true).records, 3U);
}

INSTANTIATE_TEST_SUITE_P(Servers, RederiveTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
