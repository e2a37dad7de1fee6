#include "export/source_table.h"

#include <gtest/gtest.h>

#include "sql/rows.h"
#include "tests/database.h"

namespace tidemark::exporter {
namespace {

class SourceTableTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run("CREATE TABLE t_invoice (fid BIGINT PRIMARY KEY, ftenant_id VARCHAR(64), "
        "fcountry VARCHAR(32), fissue_date DATE, finvoice_no VARCHAR(64), fissue_status INT, "
        "fext_field TEXT, fupdate_time TIMESTAMP NULL)");
    for (int key = 1; key <= 4; ++key) {
      run("INSERT INTO t_invoice VALUES (?, '1', 'CN', '2025-03-04', ?, 3, '{}', ?)",
          {std::int64_t{key}, "N" + std::to_string(key),
           key < 3 ? "2025-06-01 10:00:00" : "2025-06-01 11:00:00"});
    }
  }

  [[nodiscard]] SourceTable table() { return SourceTable::open(db(), {}, {}).value(); }

  [[nodiscard]] std::string count(const Statement& statement) {
    return value(statement.sql, statement.params);
  }
};

const watermark::Window window{.after = CivilTime::parse("2025-01-01 00:00:00").value(),
                               .upto = CivilTime::parse("2025-12-31 00:00:00").value()};

TEST_P(SourceTableTest, PositionsCutAWindow) {
  const SourceTable invoices = table();
  const Position second{.update_time = "2025-06-01 10:00:00", .key = Key(std::int64_t{2})};
  EXPECT_EQ(count(invoices.count({.window = window})), "4");
  EXPECT_EQ(count(invoices.count({.window = window, .after = second})), "2");
  EXPECT_EQ(count(invoices.count({.window = window, .upto = second})), "2");
  EXPECT_EQ(count(invoices.count({.window = window, .after = second, .upto = second})), "0");
}

/// With two lower bounds SQLite seeks the first of them, and a run over many chunks reads the
/// window from its beginning for each.
TEST_P(SourceTableTest, APositionStandsForTheBoundOfTheWindow) {
  const SourceTable invoices = table();
  const Position position{.update_time = "2025-06-01 10:00:00", .key = Key(std::int64_t{2})};
  const auto bounds = [&](const Slice& slice) {
    return invoices.count(slice).params.size() - invoices.count({}).params.size();
  };
  constexpr std::size_t of_position = 4;  // a >= ? AND (a > ? OR (a = ? AND key > ?))
  EXPECT_EQ(bounds({.window = window}), 2U);
  EXPECT_EQ(bounds({.window = window, .after = position}), of_position + 1);
  EXPECT_EQ(bounds({.window = window, .after = position, .upto = position}), 2 * of_position);
}

TEST_P(SourceTableTest, ItTellsWhoHasRowsStampedAhead) {
  const CivilTime limit = CivilTime::parse("2025-06-01 10:30:00").value();
  EXPECT_FALSE(table().stamped_after(limit)) << "without an index";
  run("CREATE INDEX i_wanted ON t_invoice (ftenant_id, fissue_status, fupdate_time)");
  for (const char* tenant : {"2", "3", "4"}) {
    run("INSERT INTO t_invoice VALUES (?, ?, 'CN', '2025-03-04', 'N', 3, ?, ?)",
        {std::int64_t{tenant[0]}, tenant, tenant[0] == '4' ? sql::Value() : sql::Value("{}"),
         tenant[0] == '2' ? "2025-06-01 10:30:00" : "2030-01-01 00:00:00"});
  }
  const Statement look = table().stamped_after(limit).value();
  const auto found = sql::all_rows(db().query(look.sql, look.params), [](const sql::Cursor& row) {
    return std::string(row.at(0).value_or("")) + " " + std::string(row.at(1).value_or(""));
  });
  ASSERT_TRUE(found) << found.error().what.en;
  // Tenant 2 is stamped at the limit, and what tenant 4 has is not exported.
  EXPECT_EQ(*found, (std::vector<std::string>{"1 2025-06-01 11:00:00", "3 2030-01-01 00:00:00"}));
}

/// PostgreSQL fills them up with blanks, MySQL does not show them.
TEST_P(SourceTableTest, TextsOfCharHaveNoBlanks) {
  run("CREATE TABLE t_char (fid INT PRIMARY KEY, ftenant_id CHAR(8), fcountry CHAR(4), "
      "fissue_date DATE, finvoice_no CHAR(20), fissue_status INT, fext_field TEXT, "
      "fupdate_time TIMESTAMP NULL)");
  run("CREATE INDEX i_char ON t_char (ftenant_id, fissue_status, fupdate_time)");
  run("INSERT INTO t_char VALUES (1, 't1', 'CN', '2025-03-04', 'N 1', 3, '{}', "
      "'2030-01-01 00:00:00')");
  SourceTable chars = SourceTable::open(db(), {.table = "t_char"}, {}).value();
  const auto row = [&](const Statement& statement, std::size_t columns) {
    const auto first =
        sql::first_row(db().query(statement.sql, statement.params), [&](const sql::Cursor& cursor) {
          std::string text;
          for (std::size_t i = 0; i < columns; ++i) {
            text.append("[").append(cursor.at(i).value_or("NULL")).append("]");
          }
          return text;
        });
    return first ? first->value_or("none") : first.error().what.en;
  };
  const bool postgres = db().dialect() == sql::Dialect::postgres;
  EXPECT_EQ(chars.has_padding(), postgres);
  EXPECT_EQ(row(chars.select({.tenant = "t1"}), 4), "[t1][CN][2025-03-04][N 1]");
  EXPECT_EQ(row(chars.tenants(), 1), "[t1]");
  EXPECT_EQ(row(chars.groups(1), 2), "[t1][CN]");
  const Statement ahead = *chars.stamped_after(CivilTime::parse("2029-01-01 00:00:00").value());
  EXPECT_EQ(row(ahead, 2), "[t1][2030-01-01 00:00:00]");
  EXPECT_EQ(row(chars.has_rows_of("t1 "), 1), "none");
  if (!postgres) return;
  chars.keep_padding();
  EXPECT_EQ(row(chars.select({.tenant = "t1"}), 4),
            "[t1      ][CN  ][2025-03-04][N 1                 ]");
  EXPECT_EQ(row(chars.tenants(), 1), "[t1      ]");
  EXPECT_EQ(row(chars.groups(1), 2), "[t1      ][CN  ]");
  EXPECT_EQ(row(chars.has_rows_of("t1 "), 1), "[1]");
}

/// A column of texts, with the index that incremental runs want, and rows of these stamps.
class TextStampsTest : public SourceTableTest {
 protected:
  [[nodiscard]] SourceTable with_stamps(const std::vector<std::string>& stamps) {
    run("CREATE TABLE t_text (fid BIGINT PRIMARY KEY, ftenant_id VARCHAR(64), "
        "fcountry VARCHAR(32), fissue_date DATE, finvoice_no VARCHAR(64), fissue_status INT, "
        "fext_field TEXT, fupdate_time VARCHAR(40))");
    run("CREATE INDEX i_text ON t_text (ftenant_id, fissue_status, fupdate_time)");
    std::int64_t key = 0;
    for (const std::string& stamp : stamps) {
      run("INSERT INTO t_text VALUES (?, '1', 'CN', '2025-03-04', ?, 3, '{}', ?)",
          {++key, "N" + std::to_string(key), stamp});
    }
    TableSpec spec;
    spec.table = "t_text";
    return SourceTable::open(db(), spec, {}).value();
  }
  [[nodiscard]] static Slice after(const std::string& time) {
    return {.tenant = "1",
            .window = watermark::Window{.after = CivilTime::parse(time).value(),
                                        .upto = CivilTime::parse("2025-12-31 00:00:00").value()}};
  }
};

TEST_P(TextStampsTest, ADayAloneIsNoTime) {
  const SourceTable texts = with_stamps({"2025-06-01", "2025-06-02", "n/a"});
  EXPECT_EQ(count(*texts.count_no_times(after("1970-01-01 00:00:00"))), "3");
  EXPECT_EQ(count(*texts.count_no_times(after("2025-06-01 00:00:00"))), "3");
  EXPECT_EQ(count(*texts.count_no_times(after("2025-06-01 10:01:00"))), "3");
  EXPECT_EQ(count(*texts.count_no_times(after("2025-06-02 23:59:59"))), "2");
  EXPECT_EQ(count(*texts.count_no_times(after("2025-06-03 00:00:00"))), "1");
}

TEST_P(TextStampsTest, TimesAndThoseThatAreMissingAreNotCounted) {
  const SourceTable texts = with_stamps(
      {"2025-06-01 10:00:00", "2025-06-01T10:00:00", "2025-06-01 10:00", "2025-06-01 10:00:00.123",
       "2025-06-01T10:00:00+02:00", "", "0000-00-00", "0000-00-00 00:00:00"});
  EXPECT_EQ(count(*texts.count_no_times(after("1970-01-01 00:00:00"))), "0");
  EXPECT_EQ(count(*texts.count_no_times(after("2025-06-01 10:00:00"))), "0");
}

/// Whatever a table holds, a run with nothing new reads none of its rows: all is ranges of the
/// index, and none of them holds what windows held before.
TEST_P(TextStampsTest, TheIndexFindsWhatIsNoTime) {
  if (db().dialect() != sql::Dialect::sqlite) GTEST_SKIP() << "Its plans are easily read.";
  const SourceTable texts = with_stamps({"2025-06-01 10:00:00"});
  const Statement look = *texts.count_no_times(after("2025-06-01 10:00:00"));
  int looks = 0;
  const Result<void> explained = sql::each_row(
      db().query("EXPLAIN QUERY PLAN " + look.sql, look.params), [&](const sql::Cursor& row) {
        const std::string step(row.at(3).value_or(""));
        if (!step.contains("t_text")) return;
        ++looks;
        EXPECT_TRUE(
            step.starts_with("SEARCH t_text USING INDEX i_text (ftenant_id=? AND "
                             "fissue_status=? AND fupdate_time"))
            << step;
      });
  ASSERT_TRUE(explained);
  EXPECT_EQ(looks, 4);
}

INSTANTIATE_TEST_SUITE_P(Each, TextStampsTest, testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

TEST_P(SourceTableTest, WhatTheDatabaseProvesOfAKey) {
  const auto proven = [&](const std::vector<std::string>& key, const std::string& name) {
    const Result<SourceTable> opened = SourceTable::open(db(), {.table = name, .key = key}, {});
    if (!opened) return std::string(tidemark::name(opened.error().kind));
    return std::string(opened->key_is_proven() ? "proven" : "unproven");
  };
  EXPECT_EQ(proven({}, "t_invoice"), "proven");
  EXPECT_EQ(proven({"fid"}, "t_invoice"), "proven");
  EXPECT_EQ(proven({"finvoice_no", "fid"}, "t_invoice"), "proven");
  run("CREATE INDEX numbers ON t_invoice (finvoice_no)");
  EXPECT_EQ(proven({"finvoice_no"}, "t_invoice"), "invalid_config");
  run("CREATE UNIQUE INDEX number_once ON t_invoice (finvoice_no, fissue_date)");
  EXPECT_EQ(proven({"finvoice_no"}, "t_invoice"), "unproven");
  EXPECT_EQ(proven({"fissue_date", "finvoice_no"}, "t_invoice"), "proven");
  EXPECT_EQ(proven({"fcountry"}, "t_invoice"), "invalid_config");

  run("CREATE VIEW v_invoice AS SELECT * FROM t_invoice");
  EXPECT_EQ(proven({"fid"}, "v_invoice"), "unproven");
  run("CREATE TABLE t_bare AS SELECT * FROM t_invoice");
  EXPECT_EQ(proven({"fid"}, "t_bare"), "unproven");
  run("CREATE INDEX bare_numbers ON t_bare (finvoice_no)");
  EXPECT_EQ(proven({"fid"}, "t_bare"), "unproven");
}

TEST_P(SourceTableTest, ASliceOfSomeRowsMayMissOthersOfAKey) {
  const SourceTable all = table();
  EXPECT_TRUE(all.holds_whole_keys({}));
  EXPECT_TRUE(all.holds_whole_keys({.keys = {Key(std::int64_t{1})}}));
  EXPECT_FALSE(all.holds_whole_keys({.tenant = "1"}));
  EXPECT_FALSE(all.holds_whole_keys({.window = window}));
  const SourceTable some = SourceTable::open(db(), {}, {.countries = {"CN"}}).value();
  EXPECT_FALSE(some.holds_whole_keys({}));
}

TEST_P(SourceTableTest, KeysThatStandTwiceAreFound) {
  run("CREATE TABLE t_bare AS SELECT * FROM t_invoice");
  run("INSERT INTO t_bare SELECT * FROM t_invoice WHERE fid = 3");
  for (const std::vector<std::string>& key :
       {std::vector<std::string>{"fid"}, std::vector<std::string>{"ftenant_id", "fid"}}) {
    const SourceTable bare = SourceTable::open(db(), {.table = "t_bare", .key = key}, {}).value();
    EXPECT_EQ(count(bare.doubled_keys(100, 10)), key.size() == 1 ? "3" : "1");
    EXPECT_EQ(count(bare.doubled_keys(1, 10)), "NULL");
    EXPECT_EQ(count(bare.count_upto(100)), "5");
    EXPECT_EQ(count(bare.count_upto(2)), "2");
    const auto rows = [&](const std::vector<Key>& keys) {
      Statement statement = bare.rows_with(keys, true);
      statement.sql = "SELECT COUNT(*) FROM (" + statement.sql + ") x";
      return count(statement);
    };
    const auto key_of = [&](const std::string& fid) {
      return key.size() == 1 ? Key::from_text(fid, true) : Key("1|" + fid);
    };
    EXPECT_EQ(rows({key_of("2")}), "1");
    EXPECT_EQ(rows({key_of("2"), key_of("3"), key_of("9")}), "3");
    EXPECT_GE(bare.keys_per_statement(), 256U);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, SourceTableTest, testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::exporter
