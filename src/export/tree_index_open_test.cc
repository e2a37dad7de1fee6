#include <fmt/format.h>
#include <gtest/gtest.h>

#include "export/tree_index.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

using Mode = IndexDb::Mode;

class OpenTreeIndex : public testing::Test {
 protected:
  [[nodiscard]] Result<TreeIndex> open(Mode mode) const {
    return TreeIndex::open(folder_.text(), mode);
  }
  void run(const char* sql) const {
    ASSERT_TRUE(
        IndexDb::open(TreeIndex::path_in(folder_.text()), Mode::read_write).value().run(sql));
  }
  [[nodiscard]] static TreeFile file(const std::string& stem) {
    return {.path = {.stem = stem}, .hash = content_hash(stem), .size = 2, .mtime = 3, .run = 1};
  }

  TemporaryFolder folder_;
  const Key one_{std::int64_t{1}};
  const Key text_one_{std::string("1")};
};

TEST_F(OpenTreeIndex, RowsAndNamesAreUnique) {
  TreeIndex index = open(Mode::read_write).value();
  EXPECT_TRUE(index.fresh());
  EXPECT_TRUE(index.insert(one_, file("t/a")).value());
  EXPECT_FALSE(index.insert(one_, file("t/b")).value());
  EXPECT_FALSE(index.insert(text_one_, file("t/A")).value())
      << "the same name where case is ignored";
  EXPECT_TRUE(index.insert(text_one_, file("t/c")).value()) << "an integer is no text";
  TreeFile moved = index.find(one_).value().value();
  EXPECT_EQ(moved.path.stem, "t/a");
  EXPECT_EQ(moved.hash, content_hash("t/a"));
  moved.path = {.stem = "t/d", .compression = Compression::zstd};
  ASSERT_TRUE(index.update(moved));
  EXPECT_FALSE(index.owner_of(name_hash("t/a")).value());
  EXPECT_EQ(index.owner_of(name_hash("t/D")).value()->key, one_);
  EXPECT_EQ(index.by_id(moved.id).value()->file.path, moved.path);
  ASSERT_TRUE(index.erase(moved.id));
  EXPECT_FALSE(index.find(one_).value());
  EXPECT_EQ(index.count().value(), 1);
}

TEST_F(OpenTreeIndex, WhatWasNotCommittedIsGone) {
  {
    TreeIndex index = open(Mode::read_write).value();
    ASSERT_TRUE(index.begin());
    ASSERT_TRUE(index.insert(one_, file("t/a")).value());
  }
  TreeIndex index = open(Mode::read_write).value();
  EXPECT_FALSE(index.fresh());
  EXPECT_EQ(index.count().value(), 0);
  EXPECT_EQ(index.next_run().value(), 1);
  EXPECT_EQ(index.next_run().value(), 2);
}

TEST_F(OpenTreeIndex, ADryRunWorksOnACopyAndLeavesNothing) {
  {
    TreeIndex index = open(Mode::read_write).value();
    ASSERT_TRUE(index.insert(one_, file("t/a")).value());
    ASSERT_TRUE(index.set_covered("t", CivilTime::baseline()));
    ASSERT_TRUE(index.set_meta("run", "7"));
  }
  const std::string before = folder_.read("index.db");
  {
    TreeIndex copy = open(Mode::scratch).value();
    EXPECT_FALSE(copy.fresh());
    EXPECT_EQ(copy.find(one_).value()->path.stem, "t/a");
    EXPECT_EQ(copy.covered().value().size(), 1U);
    EXPECT_EQ(copy.next_run().value(), 8);
    ASSERT_TRUE(copy.insert(text_one_, file("t/b")).value());
  }
  EXPECT_EQ(folder_.read("index.db"), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(OpenTreeIndex, ADryRunOfANewTreeMakesNoFile) {
  EXPECT_TRUE(open(Mode::scratch).value().fresh());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(OpenTreeIndex, OneThatWasNeverFinishedIsFresh) {
  // Killed after the file was made, and before the tables were.
  run("PRAGMA journal_mode=WAL");
  EXPECT_TRUE(open(Mode::scratch).value().fresh());
  EXPECT_TRUE(open(Mode::read_write).value().fresh());
}

TEST_F(OpenTreeIndex, OneOfANewerVersionIsRefused) {
  run("PRAGMA user_version=999; CREATE TABLE other(x)");
  for (const Mode mode : {Mode::read_write, Mode::read_only, Mode::untouched, Mode::scratch}) {
    EXPECT_EQ(open(mode).error().kind, ErrorKind::unsupported) << static_cast<int>(mode);
  }
}

/// As the first version left it, with one file, one accepted reject and one covered tenant.
constexpr const char* version_1 = R"(
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE file (id INTEGER PRIMARY KEY, key NOT NULL UNIQUE, stem TEXT NOT NULL,
    name_hash INTEGER NOT NULL UNIQUE, compression INTEGER NOT NULL, hash BLOB NOT NULL,
    size INTEGER NOT NULL, mtime INTEGER NOT NULL, run INTEGER NOT NULL, adopted INTEGER NOT NULL);
  CREATE TABLE removal (path TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE reject (key PRIMARY KEY, tenant TEXT, country TEXT, number TEXT,
    reason TEXT NOT NULL, hash BLOB NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
  CREATE TABLE tenant (name TEXT PRIMARY KEY, covered TEXT NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES('run', '7');
  INSERT INTO file VALUES(5, 'k', 't/a', {}, 1, x'00', 2, 3, 7, 0);
  INSERT INTO removal VALUES('t/old.json');
  INSERT INTO reject VALUES(9, 't', 'CN', 'n', 'bad', x'00', 'then', 'now', 1);
  INSERT INTO tenant VALUES('t', '2026-01-01 00:00:00');
  PRAGMA user_version=1;
)";

TEST_F(OpenTreeIndex, OneOfAnOlderVersionKeepsAllThatItHas) {
  const std::string made = fmt::format(version_1, name_hash("t/a"));
  run(made.c_str());
  for (const Mode mode : {Mode::read_only, Mode::untouched, Mode::scratch, Mode::read_write,
                          Mode::read_only, Mode::read_write}) {
    Result<TreeIndex> index = open(mode);
    ASSERT_TRUE(index) << static_cast<int>(mode) << index.error().what.en;
    EXPECT_FALSE(index->fresh());
    const TreeFile found = index->find(Key(std::string("k"))).value().value();
    EXPECT_EQ(found.id, 5);
    EXPECT_EQ(found.path, (TreePath{.stem = "t/a", .compression = Compression::gzip}));
    EXPECT_EQ(found.size, 2U);
    EXPECT_EQ(index->owner_of(name_hash("T/A")).value()->id, 5);
    EXPECT_EQ(index->removals().value(), PathSet{"t/old.json"});
    ASSERT_EQ(index->rejects().value().size(), 1U);
    EXPECT_TRUE(index->rejects().value().front().accepted);
    EXPECT_EQ(index->covered().value().size(), 1U);
    EXPECT_EQ(index->meta("run").value(), "7");
    if (mode != Mode::read_write) continue;
    EXPECT_FALSE(index->insert(text_one_, file("t/a")).value()) << "the name is taken";
  }
  TreeIndex index = open(Mode::read_write).value();
  ASSERT_TRUE(index.insert(text_one_, file("t/b")).value());
  EXPECT_EQ(index.last_id(), 6);
}

/// As the second version left it: names have a table, removals are of one kind.
TEST_F(OpenTreeIndex, OneOfTheSecondVersionKeepsItsRemovals) {
  ASSERT_TRUE(open(Mode::read_write));
  run("DROP TABLE removal; CREATE TABLE removal (path TEXT PRIMARY KEY) WITHOUT ROWID;"
      "INSERT INTO removal VALUES('t/old.json'); PRAGMA user_version=2;");
  for (const Mode mode :
       {Mode::read_only, Mode::untouched, Mode::scratch, Mode::read_write, Mode::read_write}) {
    Result<TreeIndex> index = open(mode);
    ASSERT_TRUE(index) << static_cast<int>(mode) << index.error().what.en;
    EXPECT_EQ(index->removals().value(), PathSet{"t/old.json"});
    EXPECT_EQ(index->nobodys_removals().value(), PathSet{"t/old.json"});
    if (mode != Mode::read_write) continue;
    ASSERT_TRUE(index->insert(text_one_, file("t/b")));
    ASSERT_TRUE(index->add_replaced_part("t/part.ndjson"));
    EXPECT_EQ(index->nobodys_removals().value(), PathSet{"t/old.json"});
    index->leave_removal("t/part.ndjson");
    index->leave_removal("t/old.json");
    ASSERT_TRUE(index->clear_removals());
    EXPECT_EQ(index->removals()->size(), 2U);
    EXPECT_EQ(index->nobodys_removals().value(), PathSet{"t/old.json"});
    run("DELETE FROM removal WHERE replaced");
  }
}

TEST_F(OpenTreeIndex, WhatARunWroteMeanwhileIsReadAgain) {
  ASSERT_TRUE(open(Mode::read_write));
  int looks = 0;
  const auto look = [&](TreeIndex& index) -> Result<std::int64_t> {
    const Result<std::int64_t> before = index.count();
    if (++looks <= 2) {
      TreeIndex writer = open(Mode::read_write).value();
      EXPECT_TRUE(
          writer.insert(Key(std::int64_t{looks}), file(fmt::format("t/{}", looks))).value());
    }
    return before;
  };
  EXPECT_EQ(TreeIndex::read(folder_.text(), look, Mode::untouched).value(), 2);
  EXPECT_EQ(looks, 3);
}

TEST_F(OpenTreeIndex, OneThatIsAlwaysBeingWrittenIsNotDamaged) {
  ASSERT_TRUE(open(Mode::read_write));
  std::int64_t rows = 0;
  const auto look = [&](TreeIndex& /*index*/) -> Result<std::int64_t> {
    TreeIndex writer = open(Mode::read_write).value();
    EXPECT_TRUE(writer.insert(Key(++rows), file(fmt::format("t/{}", rows))).value());
    return fail(ErrorKind::corrupt, {"torn", "torn"});
  };
  const Result<std::int64_t> seen = TreeIndex::read(folder_.text(), look, Mode::untouched);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().kind, ErrorKind::locked);
  EXPECT_FALSE(seen.error().hint.empty());
}

TEST_F(OpenTreeIndex, BesideARunThatIsUnderWayNothingIsReadTwice) {
  TreeIndex writer = open(Mode::read_write).value();
  ASSERT_TRUE(writer.insert(one_, file("t/a")).value());
  int looks = 0;
  const auto look = [&](TreeIndex& index) {
    ++looks;
    EXPECT_TRUE(writer.insert(text_one_, file("t/b")).value());
    return index.count();
  };
  EXPECT_TRUE(TreeIndex::read(folder_.text(), look, Mode::untouched));
  EXPECT_EQ(looks, 1);
}

TEST_F(OpenTreeIndex, ADryRunOnOneOfAnOlderVersionChangesNothing) {
  const std::string made = fmt::format(version_1, name_hash("t/a"));
  run(made.c_str());
  const std::string before = folder_.read("index.db");
  for (const Mode mode : {Mode::read_only, Mode::untouched, Mode::scratch}) {
    ASSERT_TRUE(open(mode)) << static_cast<int>(mode);
    EXPECT_EQ(folder_.read("index.db"), before) << static_cast<int>(mode);
  }
}

TEST_F(OpenTreeIndex, OneThatOnlyClaimsToBeOfAnOlderVersionIsDamaged) {
  run("PRAGMA user_version=1; CREATE TABLE other(x)");
  for (const Mode mode : {Mode::read_write, Mode::read_only, Mode::untouched, Mode::scratch}) {
    EXPECT_EQ(open(mode).error().kind, ErrorKind::corrupt) << static_cast<int>(mode);
  }
}

TEST_F(OpenTreeIndex, ADamagedOneIsRefusedInEveryMode) {
  folder_.write("index.db", std::string(8192, 'x'));
  for (const Mode mode : {Mode::read_write, Mode::read_only, Mode::untouched, Mode::scratch}) {
    EXPECT_EQ(open(mode).error().kind, ErrorKind::corrupt) << static_cast<int>(mode);
  }
}

}  // namespace
}  // namespace tidemark::exporter
