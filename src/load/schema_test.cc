#include "load/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/testing_warehouse.h"
#include "load/views/view_sql.h"
#include "load/views/views.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

class Schema : public testing_database::EachDatabase {
 protected:
  /// As order_items was made at first. Returns by how many steps the columns came that it lacks.
  std::size_t drop_later_columns() {
    for (const Column& column : testing::later_item_columns())
      run("ALTER TABLE order_items DROP COLUMN " + std::string(column.name));
    return 2 * testing::later_item_columns().size();
  }
  void drop_views_of_products() {
    for (const std::string_view view : {"v_products_rank", "v_products_daily", "v_order_products"})
      run("DROP VIEW " + std::string(view));
  }
  std::string version(std::string_view room) {
    return value("SELECT version FROM schema_version WHERE room='" + std::string(room) + "'");
  }
  void set_version(std::string_view room, const std::string& version) {
    run("UPDATE schema_version SET version=" + version + " WHERE room='" + std::string(room) + "'");
  }

  /// Of a file, paid at a time unknown.
  void add_order(const std::string& id, int state, const std::string& refund_fen,
                 const std::string& platform = "file") {
    run("INSERT INTO orders (platform, order_id, user_id, resource_id, price, price_fen, "
        "refund_money_fen, net_amount, net_amount_fen, order_state, created_at, time_zone, "
        "refunded_within_14_days, updated_at) VALUES ('" +
        platform + "', '" + id + "', 'c7', 'p1', '19.90', 1990, " + refund_fen + ", '0.00', 0, " +
        std::to_string(state) +
        ", '2025-01-01 00:00:00', '+08:00', 0, '2025-01-01 00:00:00.000000')");
  }

  static constexpr std::size_t amount_steps = 1, refund_steps = 2;  ///< Around those of columns.
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
  first -= testing::later_item_columns().size();  // Their comments.
  set_version("load", std::to_string(first));
  ASSERT_TRUE(migrate_warehouse(db()));
  for (const std::string& table : later) EXPECT_TRUE(db().describe(table)) << table;
  EXPECT_EQ(value("SELECT COUNT(*) FROM v_orders_daily"), "0");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_streams"), "1");
}

TEST_P(Schema, OrdersPaidAtATimeUnknownCountInAnOlderWarehouse) {
  ASSERT_TRUE(migrate_warehouse(db()));
  add_order("paid", 1, "NULL");
  add_order("refunded", 10, "1990");
  add_order("part", 7, "5");
  add_order("unpaid", 0, "NULL");
  add_order("unknown", -1, "NULL");
  // As before: without the step of the amounts and the columns of the lines, and with a view that
  // asks for the pay_time.
  drop_views_of_products();
  const std::size_t later = amount_steps + drop_later_columns() + refund_steps;
  set_version("load", "version-" + std::to_string(later));
  const auto views = version("load.views");
  set_version("load.views", "12");
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
  EXPECT_EQ(version("load.views"), views);
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

TEST_P(Schema, WhollyRefundedOrdersOfFilesGetTheirRefund) {
  ASSERT_TRUE(migrate_warehouse(db()));
  add_order("refunded", 10, "NULL");
  add_order("closed", 3, "NULL");
  add_order("told", 10, "500");
  add_order("part", 11, "NULL");
  add_order("shop", 10, "NULL", "xiaoe");
  run("INSERT INTO order_history (platform, order_id, seen_at, order_state) VALUES ('file', "
      "'refunded', '2025-01-01 00:00:00.000000', 10)");
  run("INSERT INTO order_history (platform, order_id, seen_at, order_state) VALUES ('file', "
      "'part', '2025-01-01 00:00:00.000000', 11)");
  const std::size_t columns = 2 * testing::later_item_columns().size();
  set_version("load", "version-" + std::to_string(amount_steps + columns + refund_steps));
  ASSERT_TRUE(migrate_warehouse(db()));
  const auto amounts = [this](const std::string& id) {
    return value("SELECT refund_money FROM orders WHERE order_id='" + id + "'") + " " +
           value("SELECT refund_money_fen FROM orders WHERE order_id='" + id + "'") + " " +
           value("SELECT net_amount FROM orders WHERE order_id='" + id + "'") + " " +
           value("SELECT net_amount_fen FROM orders WHERE order_id='" + id + "'");
  };
  EXPECT_EQ(amounts("refunded"), "19.90 1990 0.00 0");
  EXPECT_EQ(amounts("closed"), "19.90 1990 0.00 0");
  EXPECT_EQ(amounts("told"), "NULL 500 14.90 1490");
  EXPECT_EQ(amounts("part"), "NULL NULL 19.90 1990");
  EXPECT_EQ(amounts("shop"), "NULL NULL 19.90 1990");
  EXPECT_EQ(value("SELECT refund_money FROM order_history WHERE order_id='refunded'"), "19.90");
  EXPECT_EQ(value("SELECT refund_money_fen FROM order_history WHERE order_id='refunded'"), "1990");
  EXPECT_EQ(value("SELECT refund_money_fen FROM order_history WHERE order_id='part'"), "NULL");
}

TEST_P(Schema, AMigrationThatWasCutShortBetweenColumnsIsFinished) {
  ASSERT_TRUE(migrate_warehouse(db()));
  const std::string now = version("load");
  drop_views_of_products();
  set_version("load.views", "12");
  const auto later = testing::later_item_columns();
  for (const Column& column : later.last(later.size() - 1))
    run("ALTER TABLE order_items DROP COLUMN " + std::string(column.name));
  set_version("load", "version-" + std::to_string(2 * later.size() + refund_steps));
  const Result<void> migrated = migrate_warehouse(db());
  ASSERT_TRUE(migrated) << migrated.error().what.en;
  EXPECT_EQ(db().describe("order_items")->columns.size(), order_items_table().columns.size());
  EXPECT_EQ(version("load"), now);
}

TEST_P(Schema, ViewsOfProductsComeToWhatWasMigratedInBetween) {
  ASSERT_TRUE(migrate_warehouse(db()));
  add_order("one", 1, "NULL");
  const std::string now = version("load.views");
  // What came before order_products, and what had it in the midst of the steps.
  for (const char* before : {"28", "29"}) {
    if (before == std::string_view("28")) {
      drop_views_of_products();
      run(dialect_sql(
          "CREATE VIEW v_products_daily AS SELECT platform, day, product_id, title, orders, "
          "paid_orders, buyers, quantity, paid_fen, $yuan(paid_fen) AS paid, refund_fen, "
          "$yuan(refund_fen) AS refund, net_fen, $yuan(net_fen) AS net FROM (SELECT platform, "
          "$day(created_at) AS day, resource_id AS product_id, MAX($bytes(title)) AS title, "
          "COUNT(*) AS orders, COUNT(CASE WHEN $was_paid() THEN 1 END) AS paid_orders, "
          "COUNT(DISTINCT CASE WHEN $was_paid() THEN user_id END) AS buyers, $whole(SUM(CASE WHEN "
          "$was_paid() THEN COALESCE(quantity,1) ELSE 0 END)) AS quantity, $whole(SUM(CASE WHEN "
          "$was_paid() THEN price_fen ELSE 0 END)) AS paid_fen, "
          "$whole(SUM(COALESCE(refund_money_fen,0))) AS refund_fen, $whole(SUM(net_amount_fen)) AS "
          "net_fen FROM orders WHERE resource_id IS NOT NULL GROUP BY platform, $day(created_at), "
          "resource_id) t",
          db().dialect()));
    }
    set_version("load.views", before);
    ASSERT_TRUE(migrate_warehouse(db()));
    EXPECT_EQ(version("load.views"), now);
    for (const std::string_view view : view_names()) EXPECT_TRUE(db().describe(view)) << view;
    // As of today: shares of lines count.
    run("DELETE FROM order_items");
    run("INSERT INTO order_items (platform, order_id, line_no, product_id, share_fen) VALUES "
        "('file', 'one', 1, 'p7', 1990)");
    EXPECT_EQ(value("SELECT product_id FROM v_products_daily"), "p7");
    EXPECT_EQ(value("SELECT product_id FROM v_products_rank"), "p7");
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, Schema, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
