#include "export/key_census.h"

#include <gtest/gtest.h>

#include "tests/database.h"

namespace tidemark::exporter {
namespace {

using Keys = std::optional<std::vector<Key>>;

class KeyCensusTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    run("CREATE TABLE t_bare (fid BIGINT, ftenant_id VARCHAR(64), fcountry VARCHAR(32), "
        "fissue_date DATE, finvoice_no VARCHAR(64), fissue_status INT, fext_field TEXT, "
        "fupdate_time TIMESTAMP NULL)");
    for (const std::int64_t fid : {1, 2, 2, 3, 3, 3}) add(fid);
    table_.emplace(SourceTable::open(db(), {.table = "t_bare", .key = {"fid"}}, {}).value());
  }
  void add(std::int64_t fid, const std::optional<std::string>& payload = "{}") {
    run("INSERT INTO t_bare VALUES (?, '1', 'CN', '2025-03-04', 'N', 3, ?, '2025-06-01 10:00:00')",
        {fid, payload ? sql::Value(*payload) : sql::Value()});
  }
  [[nodiscard]] Keys doubled(KeyCensus& census, const std::vector<std::int64_t>& fids) {
    std::vector<Key> keys;
    for (const std::int64_t fid : fids) keys.emplace_back(fid);
    return census.doubled(db(), keys).value();
  }

  ManualClock clock_{WallTime{}};
  std::optional<SourceTable> table_;
};

TEST_P(KeyCensusTest, IsTakenOnceWhenAskingHasCostEnough) {
  KeyCensus census(*table_, clock_);
  EXPECT_EQ(doubled(census, {1, 2}), std::nullopt);
  const SteadyTime begin = census.now();
  clock_.advance(KeyCensus::asking_max);
  census.asked_since(begin);
  EXPECT_EQ(doubled(census, {1, 2}), std::nullopt);
  const SteadyTime again = census.now();
  clock_.advance(std::chrono::milliseconds{1});
  census.asked_since(again);
  EXPECT_EQ(doubled(census, {1, 2}), Keys({Key(std::int64_t{2})}));
  add(1);
  EXPECT_EQ(doubled(census, {1, 3, 4}), Keys({Key(std::int64_t{3})}));
}

TEST_P(KeyCensusTest, QuickQuestionsAreNeverTooMany) {
  KeyCensus census(*table_, clock_);
  for (int question = 0; question < 100; ++question) {
    const SteadyTime begin = census.now();
    clock_.advance(KeyCensus::question_max / 2);
    census.asked_since(begin);
  }
  EXPECT_EQ(doubled(census, {2}), std::nullopt);
}

TEST_P(KeyCensusTest, EqualKeysOfOtherTextsAreOthers) {
  if (db().dialect() != sql::Dialect::postgres)
    GTEST_SKIP() << "the others show equal numbers alike";
  run("CREATE TABLE t_number AS SELECT fid::numeric AS fid, ftenant_id, fcountry, fissue_date, "
      "finvoice_no, fissue_status, fext_field, fupdate_time FROM t_bare WHERE fid < 3");
  run("UPDATE t_number SET fid = 1.00 WHERE fid = 1");
  run("INSERT INTO t_number SELECT 1.0, ftenant_id, fcountry, fissue_date, finvoice_no, "
      "fissue_status, fext_field, fupdate_time FROM t_number WHERE fid = 2");
  const SourceTable numbers =
      SourceTable::open(db(), {.table = "t_number", .key = {"fid"}}, {}).value();
  KeyCensus census(numbers, clock_);
  const SteadyTime begin = census.now();
  clock_.advance(2 * KeyCensus::asking_max);
  census.asked_since(begin);
  const std::vector<Key> keys{Key("1.00"), Key("1.0"), Key("2")};
  EXPECT_EQ(census.doubled(db(), keys).value(), Keys({Key("1.0"), Key("2")}));
}

TEST_P(KeyCensusTest, WhereThePassFailsTheDatabaseIsAsked) {
  if (db().dialect() == sql::Dialect::sqlite) GTEST_SKIP() << "the failure ends its transaction";
  KeyCensus census(*table_, clock_);
  const SteadyTime begin = census.now();
  clock_.advance(2 * KeyCensus::asking_max);
  census.asked_since(begin);
  run("DROP TABLE t_bare");
  ASSERT_TRUE(db().begin(sql::Isolation::snapshot));
  EXPECT_EQ(doubled(census, {2}), std::nullopt);
  EXPECT_EQ(doubled(census, {2}), std::nullopt);
  EXPECT_EQ(value("SELECT 1"), "1");  // The transaction goes on.
  db().rollback();
}

TEST_P(KeyCensusTest, ManyDoubledKeysAreLeftToAsking) {
  add(5, std::nullopt);  // Not exported: no second row.
  add(5);
  for (const std::size_t keys_max : {1U, 2U}) {
    KeyCensus census(*table_, clock_, keys_max);
    const SteadyTime begin = census.now();
    clock_.advance(2 * KeyCensus::asking_max);
    census.asked_since(begin);
    EXPECT_EQ(doubled(census, {5}), keys_max == 1 ? std::nullopt : Keys(std::vector<Key>{}));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, KeyCensusTest, testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::exporter
