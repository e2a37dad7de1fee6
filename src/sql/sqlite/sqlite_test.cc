#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "sql/connection.h"
#include "sql/sqlite/real_text.h"

namespace tidemark::sql {
namespace {

using ::testing::HasSubstr;

class Sqlite : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file() const { return folder_ / "test.db"; }
  Result<std::unique_ptr<Connection>> open(const ConnectOptions& options) const {
    Url url;
    url.path = file().string();
    return connect(url, options);
  }
  std::unique_ptr<Connection> created() const {
    Result<std::unique_ptr<Connection>> connection = open({.create = true});
    EXPECT_TRUE(connection);
    return connection ? std::move(*connection) : nullptr;
  }
  static std::string value(Connection& connection, std::string_view sql,
                           const Values& params = {}) {
    Result<std::optional<std::string>> found = query_value(connection, sql, params);
    EXPECT_TRUE(found) << found.error().what.en;
    return found ? found->value_or("NULL") : "";
  }

  std::filesystem::path folder_;
};

TEST_F(Sqlite, AFileIsOnlyCreatedOnRequest) {
  const auto missing = open({});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_THAT(missing.error().what.en, HasSubstr(file().string()));
  EXPECT_THAT(missing.error().hint.en, HasSubstr("is the name right"));
  EXPECT_FALSE(open({.read_only = true, .create = true}));
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_TRUE(open({.create = true}));
  EXPECT_TRUE(open({}));
}

TEST_F(Sqlite, ARelativeNameThatIsMissingSaysWhereItWasLookedFor) {
  Url url;
  url.path = "tidemark-test-there-is-no-such-file.db";
  const auto missing = connect(url, {.read_only = true});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_THAT(missing.error().hint.en, HasSubstr(std::filesystem::current_path().string()));
}

TEST_F(Sqlite, AFolderThatIsMissingIsNotFound) {
  Url url;
  url.path = (folder_ / "no" / "test.db").string();
  const auto connection = connect(url, {.create = true});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::not_found);
}

TEST_F(Sqlite, AFileThatIsNoDatabaseIsCorruptAndStaysAsItIs) {
  const std::string text(5000, 'x');
  std::ofstream(file()) << text;
  for (const bool read_only : {false, true}) {
    const auto connection = open({.read_only = read_only, .create = !read_only});
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().kind, ErrorKind::corrupt);
  }
  EXPECT_EQ(std::filesystem::file_size(file()), text.size());
}

TEST_F(Sqlite, OnlyAFileOfOursGetsAWriteAheadLog) {
  EXPECT_EQ(value(*created(), "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value(**open({}), "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value(*created(), "PRAGMA journal_mode=DELETE"), "delete");
  const auto connection = created();
  EXPECT_TRUE(connection->execute("CREATE TABLE t (v)"));
  EXPECT_EQ(value(*connection, "PRAGMA journal_mode"), "delete");
}

TEST_F(Sqlite, WhoMayNotWriteIsToldWhatToGrant) {
  ASSERT_TRUE(created()->execute("CREATE TABLE t (v)"));
  // Nothing keeps root from writing: it is nobody meanwhile.
  const uid_t nobody = 65534, myself = ::geteuid();
  std::filesystem::permissions(file(), std::filesystem::perms(0444));
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  if (myself == 0) ASSERT_EQ(::seteuid(nobody), 0);
  const auto writer = open({}), reader = open({.read_only = true});
  if (myself == 0) ASSERT_EQ(::seteuid(myself), 0);
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  ASSERT_FALSE(writer);
  ASSERT_FALSE(reader);
  EXPECT_EQ(writer.error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(reader.error().kind, ErrorKind::unauthorized);
  EXPECT_THAT(writer.error().hint.en, HasSubstr("mounted read-only"));
  EXPECT_THAT(reader.error().hint.en, HasSubstr("WAL mode"));
}

TEST_F(Sqlite, AReadOnlyConnectionCannotWrite) {
  ASSERT_TRUE(created()->execute("CREATE TABLE t (v)"));
  const auto reader = open({.read_only = true});
  ASSERT_TRUE(reader);
  EXPECT_EQ(value(**reader, "SELECT count(*) FROM t"), "0");
  const auto written = (*reader)->execute("INSERT INTO t VALUES (1)");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::unauthorized);
}

TEST_F(Sqlite, APathIsNeverReadAsAUri) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  Url url;
  url.path = "file:x.db?mode=memory";
  EXPECT_TRUE(connect(url, {.create = true}));
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "file:x.db?mode=memory"));
}

TEST_F(Sqlite, WritersOfTwoConnectionsDoNotBlockReaders) {
  const auto writer = created();
  ASSERT_TRUE(writer->execute("CREATE TABLE t (v)"));
  ASSERT_TRUE(writer->begin(Isolation::write));
  ASSERT_TRUE(writer->execute("INSERT INTO t VALUES (1)"));
  const auto reader = open({.read_only = true});
  ASSERT_TRUE(reader);
  EXPECT_EQ(value(**reader, "SELECT count(*) FROM t"), "0");
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(value(**reader, "SELECT count(*) FROM t"), "1");
}

TEST_F(Sqlite, ValuesComeAsTheyAreStoredWhateverTheColumnSays) {
  const auto db = created();
  ASSERT_TRUE(db->execute("CREATE TABLE t (n, v INTEGER)"));
  ASSERT_TRUE(
      db->execute("INSERT INTO t VALUES (1, 9007199254740993), (2, 'text'), (3, 0.1),"
                  " (4, x'00ff'), (5, 1e300), (6, 2.0), (7, 1e999)"));
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 1"), "9007199254740993");
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 2"), "text");
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 3"), "0.1");
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 4"), std::string("\0\xff", 2));
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 5"), "1e+300");
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 6"), "2");  // INTEGER affinity made it one.
  EXPECT_EQ(value(*db, "SELECT v FROM t WHERE n = 7"), "Inf");
  EXPECT_EQ(value(*db, "SELECT CAST(x'66ff6f' AS TEXT)"), "f\xffo");  // Invalid UTF-8 as it is.
}

TEST(SqliteReal, IsShortAndReadsBackTheSame) {
  EXPECT_EQ(real_text(1.0), "1.0");
  EXPECT_EQ(real_text(-0.0), "-0.0");
  EXPECT_EQ(real_text(0.1), "0.1");
  EXPECT_EQ(real_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(real_text(std::numeric_limits<double>::infinity()), "Inf");
  EXPECT_EQ(real_text(-std::numeric_limits<double>::infinity()), "-Inf");
  for (const double number : {std::numeric_limits<double>::max(),
                              std::numeric_limits<double>::denorm_min(), 123456789.123456789}) {
    EXPECT_EQ(std::strtod(real_text(number).c_str(), nullptr), number);
  }
}

TEST_F(Sqlite, AnExpressionIsJustTheNumberOfItsText) {
  const auto db = created();
  ASSERT_TRUE(db->execute("CREATE TABLE r (v REAL)"));
  for (const double number :
       {0.0, -0.1, 1.0, 0.1 + 0.2, 3.17218417463643e+21, 1234567890123456789.0, 1e-310,
        std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(),
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    const std::string text = real_text(number);
    ASSERT_TRUE(db->execute("DELETE FROM r"));
    ASSERT_TRUE(db->execute("INSERT INTO r VALUES (" + real_expression(text) + ")"));
    EXPECT_EQ(value(*db, "SELECT v FROM r"), text);
  }
}

TEST_F(Sqlite, StatementsBeyondTheCacheStillWork) {
  const auto db = created();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(value(*db, "SELECT ? + " + std::to_string(i), {1}), std::to_string(i + 1));
    }
  }
}

TEST_F(Sqlite, AStatementMayBeUsedTwiceAtOnce) {
  const auto db = created();
  const std::string sql = "SELECT 1 UNION ALL SELECT 2";
  auto first = db->query(sql);
  auto second = db->query(sql);
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->next(), true);
  EXPECT_EQ((*second)->next(), true);
  EXPECT_EQ((*first)->next(), true);
  EXPECT_EQ((*first)->at(0), "2");
  EXPECT_EQ((*second)->at(0), "1");
}

}  // namespace
}  // namespace tidemark::sql
