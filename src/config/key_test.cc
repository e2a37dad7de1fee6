#include "config/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

TEST(Key, FindsItsOption) {
  EXPECT_EQ(option_of("lang")->key, "lang");
  EXPECT_EQ(option_of("export.receipts.table")->key, "export.*.table");
  EXPECT_EQ(option_of("reference.uom_codes.country_column")->key,
            "reference.uom_codes.country_column");
  for (const char* unknown : {"", ".", "export", "export.invoices", "export..table",
                              "export.invoices.table.", "export.invoices.table.x", "export.*.table",
                              "reference.currencies.country_column", "Lang"}) {
    EXPECT_EQ(option_of(unknown), nullptr) << unknown;
  }
}

TEST(Key, KnowsTables) {
  for (const char* table : {"export", "export.receipts", "log", "reference", "reference.uom_codes"})
    EXPECT_TRUE(is_table_key(table)) << table;
  for (const char* other : {"exports", "lang", "export.invoices.table", "export.In", "reference.x"})
    EXPECT_FALSE(is_table_key(other)) << other;
}

TEST(Key, FindsTheUsersName) {
  EXPECT_EQ(table_name_in("export.receipts"), "receipts");
  EXPECT_EQ(table_name_in("export.receipts.table"), "receipts");
  EXPECT_EQ(table_name_in("export"), "");
  EXPECT_EQ(table_name_in("reference.uom_codes.table"), "");
}

TEST(Key, TableNamesHaveOneVariableEach) {
  for (const char* good : {"a", "receipts", "vat_2025", "x1"}) EXPECT_TRUE(is_table_name(good));
  for (const char* bad : {"", "_a", "a_", "a__b", "A", "a-b", "1a", "a.b", "发票", "*", "a b"})
    EXPECT_FALSE(is_table_name(bad)) << bad;
  EXPECT_FALSE(is_table_name(std::string(65, 'a')));
}

TEST(Key, BecomesAVariableAndComesBack) {
  EXPECT_EQ(variable_of("export.invoices.tenant_column"),
            "TIDEMARK_EXPORT__INVOICES__TENANT_COLUMN");
  for (const std::string& key : concrete_keys({"invoices", "vat_2025"}))
    EXPECT_EQ(key_of_variable(variable_of(key)), key);
  EXPECT_EQ(key_of_variable("PATH"), std::nullopt);
  EXPECT_EQ(key_of_variable("TIDEMARK"), std::nullopt);
}

TEST(Key, ListsNamedTablesOneAfterTheOther) {
  const auto keys = concrete_keys({"invoices", "receipts"});
  EXPECT_EQ(keys.front(), "lang");
  EXPECT_THAT(keys, Contains("export.receipts.prune"));
  EXPECT_LT(std::ranges::find(keys, "export.invoices.prune"),
            std::ranges::find(keys, "export.receipts.source"));
}

TEST(Key, SuggestsWhatWasMeant) {
  const TableNames tables = {"invoices", "receipts"};
  EXPECT_EQ(suggested_key("export.receipts.tabel", tables), "export.receipts.table");
  EXPECT_EQ(suggested_key("exports", tables), "export");
  EXPECT_EQ(suggested_key("log.levle", tables), "log.level");
  EXPECT_EQ(suggested_key("invoices.table", tables), "export.invoices.table");
  EXPECT_EQ(suggested_key("qqqqqqqq", tables), "");
  EXPECT_EQ(suggested_key(std::string(100'000, 'x'), tables), "");
}

}  // namespace
}  // namespace tidemark::config
