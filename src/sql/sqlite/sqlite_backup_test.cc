#include "sql/sqlite/sqlite_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "sql/connection.h"
#include "tests/temporary_folder.h"

namespace tidemark::sql {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class SqliteBackup : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_.path() / name).string();
  }
  [[nodiscard]] std::unique_ptr<Connection> open(const std::string& name) const {
    Url url;
    url.path = path(name);
    return connect(url, {.create = true}).value();
  }
  static void run(Connection& connection, const std::string& sql) {
    const auto done = connection.execute(sql);
    ASSERT_TRUE(done) << done.error().what.en;
  }
  static std::string value(Connection& connection, const std::string& sql) {
    return query_value(connection, sql).value().value_or("NULL");
  }
  /// A table `t` of `rows` rows, some KiB each.
  void fill(Connection& connection, int rows) const {
    run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)");
    run(connection, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<" +
                        std::to_string(rows) +
                        ") INSERT INTO t SELECT i, hex(zeroblob(2000)) FROM n");
  }

  TemporaryFolder folder_;
  Stop stop_;
};

TEST_F(SqliteBackup, IsOfOneMomentWhileOthersWrite) {
  const auto source = open("source.db");
  fill(*source, 4000);
  bool written = false;
  const auto copied = backup_sqlite(
      path("source.db"), path("copy.db"),
      [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(done, total);
        if (written) return;
        written = true;  // Between two steps somebody else commits.
        run(*source, "INSERT INTO t SELECT id + 10000, body FROM t");
      },
      stop_);
  ASSERT_TRUE(copied) << copied.error().what.en;
  EXPECT_TRUE(written);
  EXPECT_THAT(copied->rows, UnorderedElementsAre(Pair("t", 4000)));
  EXPECT_EQ(copied->bytes, std::filesystem::file_size(path("copy.db")));
  EXPECT_FALSE(std::filesystem::exists(path("copy.db-wal")));
  EXPECT_EQ(value(*open("copy.db"), "SELECT COUNT(*) FROM t"), "4000");
  EXPECT_EQ(value(*source, "SELECT COUNT(*) FROM t"), "8000");
}

TEST_F(SqliteBackup, NamesWithSignsOfUris) {
  const auto source = open("a%20?b#c.db");
  fill(*source, 1);
  const auto copied =
      backup_sqlite(path("a%20?b#c.db"), path("d%20?e#f.db"), [](auto, auto) {}, stop_);
  ASSERT_TRUE(copied) << copied.error().what.en;
  EXPECT_TRUE(std::filesystem::exists(path("d%20?e#f.db")));
}

TEST_F(SqliteBackup, StopsWhenItIsAsked) {
  fill(*open("source.db"), 10);
  stop_.request(SIGTERM);
  const auto copied = backup_sqlite(path("source.db"), path("copy.db"), [](auto, auto) {}, stop_);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::cancelled);
}

TEST_F(SqliteBackup, RefusesWhatIsNoDatabaseAndWhatIsDamaged) {
  const auto progress = [](auto, auto) {};
  EXPECT_EQ(backup_sqlite(path("none.db"), path("copy.db"), progress, stop_).error().kind,
            ErrorKind::not_found);
  folder_.write("text.db", std::string(5000, 'x'));
  EXPECT_EQ(backup_sqlite(path("text.db"), path("copy.db"), progress, stop_).error().kind,
            ErrorKind::corrupt);

  {
    const auto source = open("orphans.db");
    run(*source, "CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    run(*source, "CREATE TABLE child (parent INTEGER REFERENCES parent(id))");
    run(*source, "PRAGMA foreign_keys=OFF");
    run(*source, "INSERT INTO child VALUES (7)");
  }
  const auto orphans = backup_sqlite(path("orphans.db"), path("copy2.db"), progress, stop_);
  ASSERT_FALSE(orphans);
  EXPECT_EQ(orphans.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace tidemark::sql
