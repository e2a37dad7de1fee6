#include "export/source_table.h"

#include <gtest/gtest.h>

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

INSTANTIATE_TEST_SUITE_P(Each, SourceTableTest, testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::exporter
