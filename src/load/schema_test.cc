#include "load/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/views/view_sql.h"
#include "load/views/views.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

class Schema : public testing_database::EachDatabase {
 protected:
  /// As order_items was made at first. Returns by how many steps the columns came that it lacks:
  /// PostgreSQL takes the most, and so names the number.
  std::size_t drop_later_columns() {
    std::size_t steps = 0;
    for (const Column& column : later_columns()) {
      run("ALTER TABLE order_items DROP COLUMN " + std::string(column.name));
      steps += add_column_statements("order_items", column, sql::Dialect::postgres).size();
    }
    return steps;
  }
  static std::span<const Column> later_columns() {
    constexpr std::size_t count = 4;
    return order_items_table().columns.last(count);
  }
};

TEST_P(Schema, EveryTableIsAsItWasDeclared) {
  ASSERT_TRUE(migrate_warehouse(db()));
  for (const TableSpec* spec :
       {&orders_table(), &order_items_table(), &order_history_table(), &refunds_table(),
        &users_table(), &products_table(), &live_streams_table(), &raw_records_table(),
        &raw_seen_table(), &load_rejects_table(), &load_scans_table(), &load_windows_table(),
        &load_streams_table(), &load_gaps_table(), &load_unchecked_table(),
        &load_rejects_accepted_table(), &load_amount_checks_table()}) {
    const Result<sql::Table> table = db().describe(spec->name);
    ASSERT_TRUE(table) << spec->name << ": " << table.error().what.en;
    std::vector<std::string> names;
    for (const sql::Column& column : table->columns) names.push_back(column.name);
    EXPECT_EQ(names, spec->column_names()) << spec->name;
  }
}

TEST_P(Schema, AWarehouseOfTheFirstVersionGetsWhatCameLater) {
  ASSERT_TRUE(migrate_warehouse(db()));
  run("INSERT INTO load_streams (platform, stream) VALUES ('xiaoe', 'orders')");
  for (const std::string_view view : view_names()) run("DROP VIEW " + std::string(view));
  run("DELETE FROM schema_version WHERE room='load.views'");
  const std::vector<std::string> later = {"refunds",
                                          "users",
                                          "products",
                                          "live_streams",
                                          "load_gaps",
                                          "load_unchecked",
                                          "load_rejects_accepted",
                                          "load_amount_checks"};
  for (const std::string& table : later) run("DROP TABLE " + table);
  // PostgreSQL takes the most statements for a table, and so names the number of steps.
  std::size_t first = 0;
  drop_later_columns();
  for (const TableSpec* spec : {&orders_table(), &order_items_table(), &order_history_table(),
                                &raw_records_table(), &raw_seen_table(), &load_rejects_table(),
                                &load_scans_table(), &load_windows_table(), &load_streams_table()})
    first += create_statements(*spec, sql::Dialect::postgres).size();
  first -= later_columns().size();  // Their comments.
  run("UPDATE schema_version SET version=" + std::to_string(first) + " WHERE room='load'");
  ASSERT_TRUE(migrate_warehouse(db()));
  for (const std::string& table : later) EXPECT_TRUE(db().describe(table)) << table;
  EXPECT_EQ(value("SELECT COUNT(*) FROM v_orders_daily"), "0");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_streams"), "1");
}

TEST_P(Schema, OrdersPaidAtATimeUnknownCountInAnOlderWarehouse) {
  ASSERT_TRUE(migrate_warehouse(db()));
  const auto order = [this](const std::string& id, int state, const std::string& refund_fen) {
    run("INSERT INTO orders (platform, order_id, user_id, price, price_fen, refund_money_fen, "
        "net_amount, "
        "net_amount_fen, order_state, created_at, time_zone, refunded_within_14_days, updated_at) "
        "VALUES ('file', '" +
        id + "', 'c7', '19.90', 1990, " + refund_fen + ", '0.00', 0, " + std::to_string(state) +
        ", '2025-01-01 00:00:00', '+08:00', 0, '2025-01-01 00:00:00.000000')");
  };
  order("paid", 1, "NULL");
  order("refunded", 10, "1990");
  order("part", 7, "5");
  order("unpaid", 0, "NULL");
  order("unknown", -1, "NULL");
  // As before: without the step of the amounts and the columns of the lines, and with a view that
  // asks for the pay_time.
  for (const std::string_view view : {"v_products_rank", "v_products_daily", "v_order_products"})
    run("DROP VIEW " + std::string(view));
  const std::size_t later = 1 + drop_later_columns();
  run("UPDATE schema_version SET version=version-" + std::to_string(later) + " WHERE room='load'");
  const auto views = value("SELECT version FROM schema_version WHERE room='load.views'");
  run("UPDATE schema_version SET version=12 WHERE room='load.views'");
  run("DROP VIEW v_users_value");
  run(dialect_sql(
      "CREATE VIEW v_users_value AS SELECT t.platform, t.user_id, u.nickname, u.channel, "
      "u.created_at AS registered_at, t.first_paid_at, t.last_paid_at, t.paid_orders, t.paid_fen, "
      "$yuan(t.paid_fen) AS paid, t.refund_fen, $yuan(t.refund_fen) AS refund, t.net_fen, "
      "$yuan(t.net_fen) AS net FROM (SELECT platform, user_id, MIN(created_at) AS first_paid_at, "
      "MAX(created_at) AS last_paid_at, COUNT(*) AS paid_orders, $whole(SUM(price_fen)) AS "
      "paid_fen, $whole(SUM(COALESCE(refund_money_fen,0))) AS refund_fen, "
      "$whole(SUM(net_amount_fen)) AS net_fen FROM orders WHERE pay_time IS NOT NULL AND user_id "
      "IS NOT NULL GROUP BY platform, user_id) t LEFT JOIN users u ON u.platform=t.platform AND "
      "u.user_id=t.user_id",
      db().dialect()));
  ASSERT_TRUE(migrate_warehouse(db()));
  EXPECT_EQ(value("SELECT version FROM schema_version WHERE room='load.views'"), views);
  const auto net = [this](const std::string& id) {
    return value("SELECT net_amount FROM orders WHERE order_id='" + id + "'");
  };
  EXPECT_EQ(net("paid"), "19.90");
  EXPECT_EQ(net("refunded"), "0.00");
  EXPECT_EQ(net("part"), "19.85");
  EXPECT_EQ(net("unpaid"), "0.00");
  EXPECT_EQ(net("unknown"), "0.00");
  EXPECT_EQ(value("SELECT paid_orders FROM v_orders_daily"), "3");
  for (const std::string_view name : {"order_items", "v_order_products"})
    EXPECT_TRUE(db().describe(name)) << name;
  EXPECT_EQ(db().describe("order_items")->columns.size(), order_items_table().columns.size());
  EXPECT_EQ(value("SELECT paid_orders FROM v_users_value"), "3");
  EXPECT_EQ(value("SELECT paid_fen FROM v_orders_daily"), "5970");
  EXPECT_EQ(value("SELECT refund_fen FROM v_orders_daily"), "1995");
  EXPECT_EQ(value("SELECT net_fen FROM v_orders_daily"), "3975");
}

INSTANTIATE_TEST_SUITE_P(Servers, Schema, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
