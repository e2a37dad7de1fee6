#include "load/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/views/views.h"
#include "tests/database.h"

namespace tidemark::load {
namespace {

class Schema : public testing_database::EachDatabase {};

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
  for (const TableSpec* spec : {&orders_table(), &order_items_table(), &order_history_table(),
                                &raw_records_table(), &raw_seen_table(), &load_rejects_table(),
                                &load_scans_table(), &load_windows_table(), &load_streams_table()})
    first += create_statements(*spec, sql::Dialect::postgres).size();
  run("UPDATE schema_version SET version=" + std::to_string(first) + " WHERE room='load'");
  ASSERT_TRUE(migrate_warehouse(db()));
  for (const std::string& table : later) EXPECT_TRUE(db().describe(table)) << table;
  EXPECT_EQ(value("SELECT COUNT(*) FROM v_orders_daily"), "0");
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_streams"), "1");
}

INSTANTIATE_TEST_SUITE_P(Servers, Schema, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
