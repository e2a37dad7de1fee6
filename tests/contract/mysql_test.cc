#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;

/// What is special about MySQL and MariaDB.
class Mysql : public Contract {};
INSTANTIATE_TEST_SUITE_P(Databases, Mysql, ::testing::ValuesIn([] {
                           auto all = servers();
                           std::erase_if(all,
                                         [](const Backend& b) { return b.name == "PostgreSQL"; });
                           return all;
                         }()),
                         name_of);

TEST_P(Mysql, ZeroDatesAreReadWrittenAndCompared) {
  run("CREATE TABLE t (d DATE, at DATETIME)");
  run("INSERT INTO t VALUES (?, ?)", {"0000-00-00", "0000-00-00 00:00:00"});
  EXPECT_THAT(rows("SELECT d, at FROM t"),
              ElementsAre(ElementsAre("0000-00-00", "0000-00-00 00:00:00")));
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE d = ?", {"0000-00-00"}), "1");
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE at <= ?", {"1970-01-01 00:00:00"}), "1");
}

TEST_P(Mysql, WrongValuesAreRefusedAndNotBent) {
  run("CREATE TABLE t (v VARCHAR(3), n INT)");
  EXPECT_FALSE(db().execute("INSERT INTO t (v) VALUES ('abcd')"));
  EXPECT_FALSE(db().execute("INSERT INTO t (n) VALUES ('x')"));
  EXPECT_FALSE(db().execute("INSERT INTO t (v) VALUES (?)", {{std::string("a\xff")}}));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_P(Mysql, OtherCharacterSetsArriveAsUtf8) {
  run("CREATE TABLE t (l VARCHAR(9) CHARACTER SET latin1, g VARCHAR(9) CHARACTER SET gbk)");
  run("INSERT INTO t VALUES (?, ?)", {"Ærø", "发票"});
  EXPECT_EQ(value("SELECT length(l) + length(g) FROM t"), "7");
  EXPECT_THAT(rows("SELECT l, g FROM t"), ElementsAre(ElementsAre("Ærø", "发票")));
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE l = ? AND g = ?", {"Ærø", "发票"}), "1");
}

TEST_P(Mysql, InvalidBytesPassThrough) {
  EXPECT_EQ(value("SELECT x'66ff6f'"), "f\xffo");
  run("CREATE TABLE t (v LONGBLOB)");
  run("INSERT INTO t VALUES (?)", {Blob{"{\"a\":\"\xed\xa0\x80\xff\"}"}});
  EXPECT_EQ(value("SELECT v FROM t"), "{\"a\":\"\xed\xa0\x80\xff\"}");
}

TEST_P(Mysql, ParametersUseTheIndexesOfTheirColumns) {
  run("CREATE TABLE t (id BIGINT PRIMARY KEY, a VARCHAR(64) COLLATE utf8mb4_general_ci,"
      " l VARCHAR(64) CHARACTER SET latin1, b VARCHAR(64) COLLATE utf8mb4_bin, d DATETIME,"
      " KEY (a), KEY (l), KEY (b), KEY (d))");
  std::vector<Values> list;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = "v" + std::to_string(i);
    list.push_back({i, text, text, text, fmt::format("2025-01-01 00:{:02}:{:02}", i / 60, i % 60)});
  }
  ListedRows source(std::move(list));
  const std::vector<std::string> columns = {"id", "a", "l", "b", "d"};
  ASSERT_TRUE(db().bulk_insert("t", columns, source));
  run("ANALYZE TABLE t");
  constexpr std::size_t type = 3;  // EXPLAIN's join type; MySQL has `partitions` before it.
  const auto access = [&](const std::string& where, const Values& params) {
    const auto plan = rows("EXPLAIN SELECT * FROM t WHERE " + where, params);
    const std::size_t at = is("MySQL") ? type + 1 : type;
    return plan.empty() || plan[0].size() <= at ? std::string() : plan[0][at];
  };
  EXPECT_EQ(access("a = ?", {"v77"}), "ref");
  EXPECT_EQ(access("l = ?", {"v77"}), "ref");
  EXPECT_EQ(access("b = ?", {"v77"}), "ref");
  EXPECT_EQ(access("d > ? AND d <= ?", {"2025-01-01 00:00:05", "2025-01-01 00:00:09"}), "range");
  EXPECT_EQ(access("id > ? AND id <= ?", {5, 9}), "range");
  EXPECT_EQ(access("id > ? AND id <= ?", {"5", "9"}), "range");
  EXPECT_EQ(access("id = ?", {7}), "const");
}

TEST_P(Mysql, BulkRowsWithWrongValuesAreRefusedAndNotBent) {
  run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(3), n INT, d DATE)");
  const std::vector<std::string> columns = {"id", "v", "n", "d"};
  const std::vector<Values> wrong = {{1, "abcd", 1, "2025-01-01"},
                                     {1, "a\xff", 1, "2025-01-01"},
                                     {1, "a", "x", "2025-01-01"},
                                     {1, "a", 1, "2025-02-31"},
                                     {std::monostate{}, "a", 1, "2025-01-01"},
                                     {0, "the key is there", 1, "2025-01-01"}};
  run("INSERT INTO t VALUES (0, 'a', 1, '2025-01-01')");
  for (const Values& row : wrong) {
    ListedRows source({row});
    const Result<std::int64_t> written = db().bulk_insert("t", columns, source);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().kind, ErrorKind::query);
  }
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
}

TEST_P(Mysql, BulkRowsMayHaveAnyKindOfValueInAnyColumn) {
  run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v LONGBLOB)");
  const std::vector<std::string> columns = {"id", "v"};
  ListedRows source({{1, "text"}, {"2", 17}, {3, std::monostate{}}, {4, Blob{"\xff"}}, {5, ""}});
  const Result<std::int64_t> written = db().bulk_insert("t", columns, source);
  ASSERT_TRUE(written) << written.error().what.en;
  EXPECT_THAT(rows("SELECT v FROM t ORDER BY id"),
              ElementsAre(ElementsAre("text"), ElementsAre("17"), ElementsAre("NULL"),
                          ElementsAre("\xff"), ElementsAre("")));
}

TEST_P(Mysql, BulkRowsGoOnAfterTheTableHasChanged) {
  run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(9))");
  const std::vector<std::string> columns = {"id", "v"};
  for (int id = 1; id <= 3; ++id) {
    ListedRows source({{id, "a"}});
    ASSERT_EQ(db().bulk_insert("t", columns, source), 1);
    run("ALTER TABLE t ADD COLUMN w" + std::to_string(id) + " INT");
  }
  EXPECT_EQ(value("SELECT count(*) FROM t"), "3");
}

TEST_P(Mysql, AStatementBeyondMaxAllowedPacketIsRefusedBeforeItIsSent) {
  const std::string limit = value("SELECT @@max_allowed_packet");
  if (std::stoll(limit) > 80 << 20) GTEST_SKIP() << "this server takes " << limit << " bytes";
  const Result<std::int64_t> done =
      db().execute("SELECT ?", {{std::string(static_cast<std::size_t>(std::stoll(limit)), 'x')}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::query);
  EXPECT_THAT(done.error().what.en, ::testing::HasSubstr("max_allowed_packet"));
  EXPECT_TRUE(is_too_long(done.error()));
  EXPECT_EQ(value("SELECT 1"), "1");
}

TEST_P(Mysql, AProcedureLeavesTheConnectionReady) {
  run("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END");
  EXPECT_EQ(db().execute("CALL two()"), 0);
  EXPECT_THAT(rows("CALL two()"), ElementsAre(ElementsAre("1")));
  EXPECT_EQ(value("SELECT 3"), "3");
}

TEST_P(Mysql, AProcedureThatFailsLateHasFailed) {
  run("CREATE PROCEDURE late() BEGIN SELECT 1; SELECT 1 FROM no_such_table; END");
  const Result<std::int64_t> done = db().execute("CALL late()");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::query);
  Result<std::unique_ptr<Cursor>> cursor = db().query("CALL late()");
  ASSERT_TRUE(cursor);
  EXPECT_EQ((*cursor)->next(), true);
  EXPECT_FALSE((*cursor)->next());
  cursor->reset();
  EXPECT_EQ(value("SELECT 3"), "3");
}

TEST_P(Mysql, TheServersOwnLimitsDoNotCutALongRead) {
  EXPECT_EQ(value("SELECT @@net_write_timeout >= 600 AND @@autocommit"), "1");
  EXPECT_THAT(value(is("MariaDB") ? "SELECT @@max_statement_time" : "SELECT @@max_execution_time"),
              AnyOf("0", "0.000000"));
}

}  // namespace
}  // namespace tidemark::sql::contract
