#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

using ::testing::ElementsAre;

class ContractSchema : public Contract {
 protected:
  Table described(const std::string& table = "t") {
    Result<Table> found = db().describe(table);
    EXPECT_TRUE(found) << found.error().what.en;
    return found ? *found : Table{};
  }
  static Column column(const Table& table, std::string_view name) {
    const Column* found = table.column(name);
    EXPECT_NE(found, nullptr) << name;
    return found != nullptr ? *found : Column{};
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractSchema, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractSchema, TellsTypesAndNullability) {
  run("CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, small SMALLINT, price DECIMAL(12,3),"
      " ratio DOUBLE PRECISION, name VARCHAR(64) NOT NULL, note " +
      long_text_type() + ", raw " + blob_type() + ", day DATE, at0 " + datetime_type(0) + ", at3 " +
      datetime_type(3) + " NOT NULL)");
  const Table table = described();
  EXPECT_EQ(table.columns.size(), 10U);
  EXPECT_EQ(column(table, "id").type, ColumnType::integer);
  EXPECT_FALSE(column(table, "id").nullable);
  EXPECT_EQ(column(table, "small").type, ColumnType::integer);
  EXPECT_TRUE(column(table, "small").nullable);
  EXPECT_EQ(column(table, "price").type, ColumnType::decimal);
  EXPECT_EQ(column(table, "ratio").type, ColumnType::floating);
  EXPECT_EQ(column(table, "name").type, ColumnType::text);
  EXPECT_FALSE(column(table, "name").nullable);
  EXPECT_EQ(column(table, "note").type, ColumnType::text);
  EXPECT_EQ(column(table, "raw").type, ColumnType::binary);
  EXPECT_EQ(column(table, "day").type, ColumnType::date);
  EXPECT_EQ(column(table, "at0").type, ColumnType::datetime);
  EXPECT_EQ(column(table, "at0").decimals, 0);
  EXPECT_EQ(column(table, "at3").decimals, 3);
  EXPECT_FALSE(column(table, "at3").with_zone);
  EXPECT_THAT(table.primary_key, ElementsAre("id"));
}

TEST_P(ContractSchema, ListsKeysAndIndexesInTheirOrder) {
  run("CREATE TABLE t (b INTEGER NOT NULL, a INTEGER NOT NULL, c INTEGER, d VARCHAR(100),"
      " PRIMARY KEY (a, b))");
  run("CREATE INDEX second ON t (c, b)");
  run("CREATE UNIQUE INDEX third ON t (d)");
  const Table table = described();
  EXPECT_THAT(table.primary_key, ElementsAre("a", "b"));
  ASSERT_NE(table.index_on({"c"}), nullptr);
  EXPECT_EQ(table.index_on({"c"})->name, "second");
  EXPECT_FALSE(table.index_on({"c"})->unique);
  EXPECT_THAT(table.index_on({"c", "b"})->columns, ElementsAre("c", "b"));
  EXPECT_EQ(table.index_on({"b", "c"}), nullptr);
  ASSERT_NE(table.index_on({"d"}), nullptr);
  EXPECT_TRUE(table.index_on({"d"})->unique);
  EXPECT_NE(table.index_on({"a", "b"}), nullptr);
}

TEST_P(ContractSchema, LeavesOutIndexesThatDoNotHoldTheWholeColumn) {
  run("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(100), w VARCHAR(100))");
  if (is_mysql()) {
    run("CREATE INDEX part ON t (w, v(10))");
    EXPECT_NE(described().index_on({"w"}), nullptr);
    EXPECT_EQ(described().index_on({"w", "v"}), nullptr);
    return;
  }
  run("CREATE INDEX part ON t (v) WHERE id > 5");
  run("CREATE INDEX expression ON t (lower(w))");
  EXPECT_EQ(described().index_on({"v"}), nullptr);
  EXPECT_EQ(described().index_on({"w"}), nullptr);
}

TEST_P(ContractSchema, KnowsWhichTextComparesByItsBytes) {
  if (is_mysql()) {
    run("CREATE TABLE t (ci VARCHAR(9), latin VARCHAR(9) CHARACTER SET latin1,"
        " bin VARCHAR(9) COLLATE utf8mb4_bin, c CHAR(9) COLLATE utf8mb4_bin, raw VARBINARY(9))");
    EXPECT_EQ(column(described(), "latin").charset, "latin1");
    EXPECT_FALSE(column(described(), "latin").compares_bytes);
    EXPECT_FALSE(column(described(), "bin").compares_bytes) << "'a' = 'a ' in utf8mb4_bin";
    EXPECT_EQ(value("SELECT _utf8mb4'a' COLLATE utf8mb4_bin = 'a '"), "1");
    EXPECT_TRUE(column(described(), "c").compares_bytes);
    EXPECT_TRUE(column(described(), "raw").compares_bytes);
  } else if (is_postgres()) {
    run("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    run("CREATE TABLE t (ci TEXT COLLATE ci, bin TEXT, n NUMERIC, p NUMERIC(9,2), j JSONB)");
    EXPECT_TRUE(column(described(), "bin").compares_bytes);
    EXPECT_FALSE(column(described(), "n").compares_bytes);
    EXPECT_TRUE(column(described(), "p").compares_bytes);
    EXPECT_EQ(column(described(), "j").type, ColumnType::json);
  } else {
    run("CREATE TABLE t (ci TEXT COLLATE NOCASE, bin TEXT)");
    EXPECT_TRUE(column(described(), "bin").compares_bytes);
    run("CREATE INDEX binary_index ON t (ci COLLATE BINARY)");
    EXPECT_EQ(described().index_on({"ci"}), nullptr);
  }
  EXPECT_FALSE(column(described(), "ci").compares_bytes);
  EXPECT_NE(column(described(), "ci").collation, "");
}

TEST_P(ContractSchema, KnowsTheTypesOfItsOwnServer) {
  if (is_mysql()) {
    run("CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, ts TIMESTAMP(6) NULL,"
        " j JSON, e ENUM('a'), y YEAR, b BIT(3))");
    EXPECT_TRUE(column(described(), "ts").with_zone);
    EXPECT_EQ(column(described(), "ts").decimals, 6);
    EXPECT_EQ(column(described(), "e").type, ColumnType::text);
    EXPECT_EQ(column(described(), "b").type, ColumnType::other);
    EXPECT_EQ(column(described(), "id").declared, "bigint(20) unsigned");
  } else if (is_postgres()) {
    run("CREATE DOMAIN stamp AS timestamp(3)");
    run("CREATE TABLE t (id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s BIGSERIAL,"
        " ts TIMESTAMPTZ, t6 TIMESTAMP, d stamp, j JSON, u UUID, c CHAR(3), gone INT)");
    run("ALTER TABLE t DROP COLUMN gone");
    const Table table = described();
    EXPECT_EQ(table.columns.size(), 8U);
    EXPECT_EQ(column(table, "id").type, ColumnType::integer);
    EXPECT_EQ(column(table, "s").type, ColumnType::integer);
    EXPECT_TRUE(column(table, "ts").with_zone);
    EXPECT_EQ(column(table, "ts").decimals, 6);
    EXPECT_EQ(column(table, "t6").decimals, 6);
    EXPECT_EQ(column(table, "d").type, ColumnType::datetime);
    EXPECT_EQ(column(table, "d").decimals, 3);
    EXPECT_EQ(column(table, "j").type, ColumnType::json);
    EXPECT_EQ(column(table, "c").type, ColumnType::text);
  } else {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, ts TIMESTAMP, j JSON, untyped)");
    EXPECT_EQ(column(described(), "at").type, ColumnType::datetime);
    EXPECT_EQ(column(described(), "ts").type, ColumnType::datetime);
    EXPECT_EQ(column(described(), "j").type, ColumnType::json);
    EXPECT_EQ(column(described(), "untyped").type, ColumnType::other);
  }
}

TEST_P(ContractSchema, DescribesViews) {
  run("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(9))");
  run("CREATE VIEW seen AS SELECT id, v FROM t");
  EXPECT_EQ(described("seen").columns.size(), 2U);
  EXPECT_TRUE(described("seen").primary_key.empty());
}

TEST_P(ContractSchema, SaysWhenThereIsNoTable) {
  for (const char* name : {"no_such_table", "no_such_schema.t", "", "a'b", "x; DROP TABLE t"}) {
    const Result<Table> table = db().describe(name);
    ASSERT_FALSE(table) << name;
    EXPECT_EQ(table.error().kind, ErrorKind::not_found) << name;
  }
}

TEST_P(ContractSchema, QuotesAnyIdentifier) {
  for (const char* name : {"select", "a b", "a'b", "a\"b", "a`b", "a?b", "a\\b", "发票", "--",
                           "a;b", "/*", "$1", "%s", "[a]"}) {
    const std::string table = db().quoted(name);
    run("CREATE TABLE " + table + " (" + db().quoted(std::string(name) + "c") +
        " INTEGER PRIMARY KEY)");
    run("INSERT INTO " + table + " VALUES (?)", {7});
    EXPECT_EQ(value("SELECT " + db().quoted(std::string(name) + "c") + " FROM " + table), "7");
    EXPECT_EQ(described(name).columns.at(0).name, std::string(name) + "c") << name;
    ListedRows source({{8}});
    const std::vector<std::string> columns = {std::string(name) + "c"};
    EXPECT_EQ(db().bulk_insert(name, columns, source), 1) << name;
    run("DROP TABLE " + table);
  }
}

TEST_P(ContractSchema, ADotSeparatesTheSchema) {
  const std::string schema = is_sqlite() ? "main" : is_mysql() ? url_.database : "public";
  run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  EXPECT_EQ(described(schema + ".t").columns.size(), 1U);
  EXPECT_EQ(value("SELECT count(*) FROM " + db().quoted(schema + ".t")), "0");
}

}  // namespace
}  // namespace tidemark::sql::contract
