#include "run/migration.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "tests/database.h"

namespace tidemark::run {
namespace {

constexpr Migration same(std::string_view text) { return {text, text, text}; }
constexpr std::array first = {same("CREATE TABLE IF NOT EXISTS tide (n INTEGER)")};
constexpr std::array second = {first[0], same("CREATE TABLE IF NOT EXISTS ebb (n INTEGER)")};

class MigrationTest : public testing_database::EachDatabase {
 protected:
  std::string version() {
    return sql::query_value(db(), "SELECT version FROM schema_version WHERE room = 'x'")
        .value()
        .value_or("none");
  }
};

TEST_P(MigrationTest, RunsWhatIsMissingAndKeepsWhatIsThere) {
  ASSERT_TRUE(migrate(db(), "x", first));
  ASSERT_TRUE(db().execute("INSERT INTO tide VALUES (1)"));
  EXPECT_EQ(version(), "1");
  ASSERT_TRUE(migrate(db(), "x", second));
  ASSERT_TRUE(migrate(db(), "x", second));
  EXPECT_EQ(version(), "2");
  EXPECT_EQ(sql::query_value(db(), "SELECT count(*) FROM tide").value(), "1");
  EXPECT_TRUE(db().execute("INSERT INTO ebb VALUES (1)"));
}

TEST_P(MigrationTest, RefusesTheTablesOfANewerTidemark) {
  ASSERT_TRUE(migrate(db(), "x", second));
  const Result<void> refused = migrate(db(), "x", first);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(refused.error().hint.empty());
  EXPECT_EQ(version(), "2");
}

TEST_P(MigrationTest, AddsTheColumnsThatATableLacks) {
  ASSERT_TRUE(migrate(db(), "x", first));
  ASSERT_TRUE(db().execute("INSERT INTO tide VALUES (1)"));
  // A change that was made and not noted, as MySQL may leave it.
  ASSERT_TRUE(db().execute("ALTER TABLE tide ADD COLUMN b INTEGER"));
  constexpr auto later = [](std::string_view name, std::string_view text) {
    return LaterColumn{.name = name, .sqlite = text, .mysql = text, .postgres = text};
  };
  const std::array columns = {later("a", "a INTEGER"), later("b", "b INTEGER"),
                              later("c", "c INTEGER")};
  const std::array steps = {
      first[0],
      Migration{.sqlite = {}, .mysql = {}, .postgres = {}, .table = "tide", .columns = columns}};
  for (int time = 0; time < 2; ++time) {
    const Result<void> migrated = migrate(db(), "x", steps);
    ASSERT_TRUE(migrated) << migrated.error().what.en;
    EXPECT_EQ(db().describe("tide")->columns.size(), 4U);
    EXPECT_EQ(version(), "2");
    ASSERT_TRUE(db().execute("UPDATE schema_version SET version=1 WHERE room='x'"));
  }
  EXPECT_EQ(sql::query_value(db(), "SELECT COUNT(*) FROM tide WHERE n=1 AND c IS NULL").value(),
            "1");
}

TEST_P(MigrationTest, MessagesNameTheDatabase) {
  ASSERT_TRUE(migrate(db(), "x", second));
  EXPECT_TRUE(migrate(db(), "x", first).error().what.en.starts_with("the state database has"));
  const Result<void> refused = migrate(db(), "x", first, MigratedDatabase::warehouse);
  EXPECT_TRUE(refused.error().what.en.starts_with("the warehouse has version 2"));
  EXPECT_TRUE(refused.error().what.zh.starts_with("数仓中“x”的表结构版本为 2"));
}

TEST_P(MigrationTest, RoomsDoNotDisturbEachOther) {
  ASSERT_TRUE(migrate(db(), "x", first));
  ASSERT_TRUE(migrate(db(), "y", second));
  EXPECT_EQ(version(), "1");
}

TEST_P(MigrationTest, ManyProcessesMayStartAtOnce) {
  std::vector<std::thread> starters;
  for (int i = 0; i < 4; ++i)
    starters.emplace_back([this] {
      const auto own = sql::connect(url());
      ASSERT_TRUE(own) << own.error().what.en;
      const Result<void> migrated = migrate(**own, "x", second);
      EXPECT_TRUE(migrated) << migrated.error().what.en;
    });
  for (std::thread& starter : starters) starter.join();
  EXPECT_EQ(version(), "2");
}

INSTANTIATE_TEST_SUITE_P(Databases, MigrationTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::run
