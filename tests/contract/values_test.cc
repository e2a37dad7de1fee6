#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

using ::testing::ElementsAre;

class ContractValues : public Contract {
 protected:
  /// What comes back for a value written through a parameter.
  std::string round_trip(const std::string& type, const Value& value_in) {
    run("DROP TABLE IF EXISTS t");
    run("CREATE TABLE t (v " + type + ")");
    run("INSERT INTO t (v) VALUES (?)", {value_in});
    return value("SELECT v FROM t");
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractValues, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractValues, StreamsRowsInOrder) {
  make_numbers(3000);
  Result<std::unique_ptr<Cursor>> cursor = db().query("SELECT n FROM numbers ORDER BY n");
  ASSERT_TRUE(cursor) << cursor.error().what.en;
  EXPECT_EQ((*cursor)->columns(), 1U);
  for (int n = 1; n <= 3000; ++n) {
    const Result<bool> row = (*cursor)->next();
    ASSERT_TRUE(row && *row);
    ASSERT_EQ((*cursor)->at(0), std::to_string(n));
  }
  EXPECT_EQ((*cursor)->next(), false);
  EXPECT_EQ((*cursor)->next(), false);
}

TEST_P(ContractValues, AnEmptyResultHasColumnsAndNoRows) {
  make_numbers(1);
  Result<std::unique_ptr<Cursor>> cursor = db().query("SELECT n, filler FROM numbers WHERE n > 1");
  ASSERT_TRUE(cursor);
  EXPECT_EQ((*cursor)->columns(), 2U);
  EXPECT_EQ((*cursor)->next(), false);
}

TEST_P(ContractValues, TellsNullFromEmpty) {
  run("CREATE TABLE t (id INTEGER, a VARCHAR(10), b " + blob_type() + ")");
  run("INSERT INTO t VALUES (1, ?, ?)", {std::monostate{}, std::monostate{}});
  run("INSERT INTO t VALUES (2, ?, ?)", {std::string(), Blob{}});
  Result<std::unique_ptr<Cursor>> cursor = db().query("SELECT a, b FROM t ORDER BY id");
  ASSERT_TRUE(cursor);
  ASSERT_EQ((*cursor)->next(), true);
  EXPECT_EQ((*cursor)->at(0), std::nullopt);
  EXPECT_EQ((*cursor)->at(1), std::nullopt);
  ASSERT_EQ((*cursor)->next(), true);
  EXPECT_EQ((*cursor)->at(0), "");
  EXPECT_EQ((*cursor)->at(1), "");
}

TEST_P(ContractValues, TakesTextThatLooksLikeSql) {
  for (const char* text : {"'", "''", "\\", "\\'", "\"", "`", "a'; DROP TABLE t; --", "? $1 %s",
                           "\\0\\n", "NULL", "x'41'", "\n\r\t\x1a", "-- ?", "/* ? */", "$$ ? $$"}) {
    EXPECT_EQ(round_trip(long_text_type(), text), text);
  }
}

TEST_P(ContractValues, KeepsEveryCharacter) {
  for (const char* text : {"😀 emoji", "中文发票", "Ærøskøbing",
                           "\xef\xbb\xbf"
                           "bom",
                           "a b"}) {
    EXPECT_EQ(round_trip(long_text_type(), text), text);
    EXPECT_EQ(value("SELECT v FROM t WHERE v = ?", {std::string(text)}), text);
  }
}

TEST_P(ContractValues, KeepsEveryByteOfABlob) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(round_trip(blob_type(), Blob{bytes}), bytes);
  EXPECT_EQ(round_trip(blob_type(), Blob{"\\x41\\\\"}), "\\x41\\\\");
}

TEST_P(ContractValues, KeepsANulInTextOrRefusesIt) {
  const std::string text("a\0b", 3);
  if (!is_postgres()) {
    EXPECT_EQ(round_trip(long_text_type(), text), text);
    return;
  }
  run("CREATE TABLE t (v text)");  // PostgreSQL cannot hold a NUL; it must not be cut in silence.
  const Result<std::int64_t> done = db().execute("INSERT INTO t VALUES (?)", {{text}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::query);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_P(ContractValues, KeepsLongValues) {
  std::string text;
  while (text.size() < 4U << 20) text += "{\"no\": " + std::to_string(text.size()) + "}, 发票 ";
  EXPECT_TRUE(round_trip(long_text_type(), text) == text);
  std::string bytes = text;
  for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i % 256);
  EXPECT_TRUE(round_trip(blob_type(), Blob{bytes}) == bytes);
}

TEST_P(ContractValues, LongAndShortRowsTakeTurns) {
  run("CREATE TABLE t (id INTEGER, v " + long_text_type() + ")");
  for (int id = 0; id < 6; ++id) {
    run("INSERT INTO t VALUES (?, ?)",
        {id, std::string(id % 2 == 0 ? 3U : 1'000'000U, static_cast<char>('a' + id))});
  }
  const auto all = rows("SELECT id, v FROM t ORDER BY id");
  ASSERT_EQ(all.size(), 6U);
  for (std::size_t id = 0; id < 6; ++id) {
    EXPECT_EQ(all[id][1].size(), id % 2 == 0 ? 3U : 1'000'000U);
    EXPECT_EQ(all[id][1].find_first_not_of(static_cast<char>('a' + id)), std::string::npos);
  }
}

TEST_P(ContractValues, IntegersAreExact) {
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(round_trip("BIGINT", number), std::to_string(number));
    EXPECT_EQ(value("SELECT v FROM t WHERE v = ?", {number}), std::to_string(number));
  }
}

TEST_P(ContractValues, DecimalsTravelAsText) {
  const std::string type = is_sqlite() ? "TEXT" : "DECIMAL(38,10)";
  EXPECT_EQ(round_trip(type, "-1234567890123456789012345678.0123456789"),
            "-1234567890123456789012345678.0123456789");
}

TEST_P(ContractValues, TimesTravelAsText) {
  EXPECT_EQ(round_trip(datetime_type(0), "2025-12-03 17:04:06"), "2025-12-03 17:04:06");
  EXPECT_EQ(round_trip(datetime_type(6), "2025-12-03 17:04:06.000001"),
            "2025-12-03 17:04:06.000001");
  EXPECT_EQ(value("SELECT v FROM t WHERE v <= ?", {"2025-12-03 17:04:06.000001"}),
            "2025-12-03 17:04:06.000001");
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE v <= ?", {"2025-12-03 17:04:06.000000"}), "0");
}

TEST_P(ContractValues, AQuestionMarkInQuotesOrCommentsIsText) {
  EXPECT_THAT(rows("SELECT '?', '''?', ? /* ? */ -- ?\n", {std::string("x")}),
              ElementsAre(ElementsAre("?", "'?", "x")));
  run("CREATE TABLE " + db().quoted("what?") + " (" + db().quoted("how?") + " VARCHAR(9))");
  run("INSERT INTO " + db().quoted("what?") + " VALUES (?)", {std::string("y")});
  EXPECT_EQ(value("SELECT " + db().quoted("how?") + " FROM " + db().quoted("what?")), "y");
}

TEST_P(ContractValues, RefusesAWrongNumberOfValues) {
  make_numbers(1);
  for (const Values& params : {Values{}, Values{1, 2}}) {
    const auto cursor = db().query("SELECT n FROM numbers WHERE n = ?", params);
    ASSERT_FALSE(cursor);
    EXPECT_EQ(cursor.error().kind, ErrorKind::query);
  }
  EXPECT_EQ(value("SELECT n FROM numbers WHERE n = ?", {1}), "1");
}

TEST_P(ContractValues, RefusesTwoStatementsAtOnce) {
  make_numbers(1);
  EXPECT_FALSE(db().execute("DELETE FROM numbers; DELETE FROM numbers"));
  EXPECT_EQ(value("SELECT count(*) FROM numbers"), "1");
}

TEST_P(ContractValues, CountsChangedRows) {
  make_numbers(5);
  EXPECT_EQ(db().execute("UPDATE numbers SET filler = 'y' WHERE n > ?", {{2}}), 3);
  EXPECT_EQ(db().execute("UPDATE numbers SET filler = 'y' WHERE n > 9"), 0);
  EXPECT_EQ(db().execute("CREATE TABLE other (x INTEGER)"), 0);
  EXPECT_EQ(db().execute("DELETE FROM numbers"), 5);
}

TEST_P(ContractValues, AWrongStatementIsAnErrorAndNotTheEnd) {
  const auto cursor = db().query("SELEC 1");
  ASSERT_FALSE(cursor);
  EXPECT_EQ(cursor.error().kind, ErrorKind::query);
  EXPECT_THAT(cursor.error().what.en, ::testing::HasSubstr("SELEC"));
  EXPECT_EQ(value("SELECT 1"), "1");
}

TEST_P(ContractValues, ErrorsDoNotShowParameters) {
  run("CREATE TABLE t (v INTEGER NOT NULL)");
  const auto done = db().execute("INSERT INTO t VALUES (NULL + ?)", {{1234567}});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what.en, ::testing::Not(::testing::HasSubstr("1234567")));
}

TEST_P(ContractValues, AnAbandonedCursorLeavesTheConnectionUsable) {
  make_numbers(20'000, 200);
  for (int i = 0; i < 3; ++i) {
    Result<std::unique_ptr<Cursor>> cursor = db().query("SELECT n, filler FROM numbers");
    ASSERT_TRUE(cursor);
    ASSERT_EQ((*cursor)->next(), true);
  }
  EXPECT_EQ(value("SELECT count(*) FROM numbers"), "20000");
}

TEST_P(ContractValues, ValueOfNoRowIsNothing) {
  make_numbers(1);
  EXPECT_EQ(query_value(db(), "SELECT n FROM numbers WHERE n = 2"), std::nullopt);
  EXPECT_EQ(query_value(db(), "SELECT NULL"), std::nullopt);
}

}  // namespace
}  // namespace tidemark::sql::contract
