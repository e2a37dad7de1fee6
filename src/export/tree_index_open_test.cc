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

TEST_F(OpenTreeIndex, OneOfAnOlderVersionIsToBeMadeAnew) {
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
