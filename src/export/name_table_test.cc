#include "export/name_table.h"

#include <gtest/gtest.h>

#include "export/tree_index.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

/// Through the index, which is what keeps files and names together.
class NamesOfAnIndex : public testing::Test {
 protected:
  NamesOfAnIndex() : index_(open()) {}
  [[nodiscard]] TreeIndex open() const {
    return TreeIndex::open(folder_.text(), IndexDb::Mode::read_write).value();
  }
  void reopen() {
    index_.reset();
    index_ = open();
  }
  [[nodiscard]] bool enter(std::int64_t key, const std::string& stem) {
    return index_->insert(Key(key), {.path = {.stem = stem}, .hash = content_hash(stem)}).value();
  }
  [[nodiscard]] std::optional<Key> owner(const std::string& stem) {
    const auto found = index_->owner_of(name_hash(stem)).value();
    return found ? std::optional(found->key) : std::nullopt;
  }
  void settle() {
    ASSERT_TRUE(index_->begin());
    ASSERT_TRUE(index_->settle_names());
    ASSERT_TRUE(index_->commit());
  }
  [[nodiscard]] std::int64_t names_in_the_table() const {
    IndexDb db =
        IndexDb::open(TreeIndex::path_in(folder_.text()), IndexDb::Mode::read_only).value();
    IndexStatement count = db.prepare("SELECT COUNT(*) FROM name").value();
    EXPECT_TRUE(count.step().value());
    return count.number(0);
  }

  TemporaryFolder folder_;
  std::optional<TreeIndex> index_;
};

TEST_F(NamesOfAnIndex, WaitAndAreTakenAllTheSame) {
  ASSERT_TRUE(enter(1, "t/a"));
  EXPECT_EQ(names_in_the_table(), 0);
  EXPECT_FALSE(enter(2, "t/A"));
  settle();
  EXPECT_EQ(names_in_the_table(), 1);
  EXPECT_FALSE(enter(2, "t/A"));
  EXPECT_EQ(owner("T/a"), Key(std::int64_t{1}));
}

TEST_F(NamesOfAnIndex, AreThereAfterACrashBeforeTheySettled) {
  ASSERT_TRUE(enter(1, "t/a"));
  settle();
  ASSERT_TRUE(enter(2, "t/b"));
  reopen();
  EXPECT_EQ(owner("t/a"), Key(std::int64_t{1}));
  EXPECT_EQ(owner("t/b"), Key(std::int64_t{2}));
  EXPECT_FALSE(enter(3, "t/b"));
}

TEST_F(NamesOfAnIndex, OfTheLatestRowAreThereAfterItReplacedAnErasedOne) {
  ASSERT_TRUE(enter(1, "t/a"));
  settle();
  // Were the id of the erased row given again, its name would count as settled, and be lost.
  ASSERT_TRUE(index_->erase(index_->last_id()));
  reopen();
  ASSERT_TRUE(enter(2, "t/b"));
  reopen();
  EXPECT_EQ(owner("t/b"), Key(std::int64_t{2}));
  EXPECT_EQ(owner("t/a"), std::nullopt);
}

TEST_F(NamesOfAnIndex, GoBackWithARollback) {
  ASSERT_TRUE(enter(1, "t/a"));
  ASSERT_TRUE(index_->begin());
  ASSERT_TRUE(enter(2, "t/b"));
  ASSERT_TRUE(index_->settle_names());
  ASSERT_TRUE(enter(3, "t/c"));
  index_->rollback();
  ASSERT_TRUE(index_->begin());
  EXPECT_EQ(owner("t/a"), Key(std::int64_t{1}));
  EXPECT_TRUE(enter(3, "t/b"));
  EXPECT_EQ(owner("t/c"), std::nullopt);
  ASSERT_TRUE(index_->commit());
}

TEST_F(NamesOfAnIndex, MoveWithTheirFileBeforeAndAfterTheySettled) {
  ASSERT_TRUE(enter(1, "t/a"));
  TreeFile file = index_->find(Key(std::int64_t{1})).value().value();
  file.path.stem = "t/b";
  ASSERT_TRUE(index_->update(file));
  EXPECT_EQ(owner("t/a"), std::nullopt);
  settle();
  file.path.stem = "t/c";
  ASSERT_TRUE(index_->update(file));
  EXPECT_EQ(owner("t/b"), std::nullopt);
  reopen();
  EXPECT_EQ(owner("t/c"), Key(std::int64_t{1}));
  EXPECT_TRUE(enter(2, "t/b"));
}

TEST_F(NamesOfAnIndex, SettleByThemselvesWhenThereAreMany) {
  ASSERT_TRUE(index_->begin());
  for (std::size_t i = 0; i < NameTable::waiting_max; ++i) {
    ASSERT_TRUE(enter(static_cast<std::int64_t>(i), std::to_string(i)));
  }
  ASSERT_TRUE(index_->commit());
  EXPECT_EQ(names_in_the_table(), static_cast<std::int64_t>(NameTable::waiting_max));
}

TEST_F(NamesOfAnIndex, ThatSettledInTheSameRunAreKnownAndFreedAndTakenAgain) {
  ASSERT_TRUE(index_->begin());
  for (std::size_t i = 0; i < NameTable::waiting_max; ++i) {
    ASSERT_TRUE(enter(static_cast<std::int64_t>(i), std::to_string(i)));
  }
  ASSERT_TRUE(index_->commit());
  ASSERT_TRUE(index_->begin());
  EXPECT_FALSE(enter(-1, "7"));
  EXPECT_TRUE(enter(-1, "new"));
  TreeFile file = index_->find(Key(std::int64_t{7})).value().value();
  file.path.stem = "moved";
  ASSERT_TRUE(index_->update(file));
  EXPECT_EQ(owner("7"), std::nullopt);
  EXPECT_EQ(owner("moved"), Key(std::int64_t{7}));
  EXPECT_FALSE(enter(-2, "moved"));
  EXPECT_TRUE(enter(-2, "7"));
  ASSERT_TRUE(index_->commit());
}

TEST_F(NamesOfAnIndex, ManyAtOnce) {
  ASSERT_TRUE(enter(1000, "t/900"));
  std::vector<Key> keys;
  std::vector<TreePath> paths;
  for (std::int64_t i = 0; i < 1000; ++i) {
    // 5 has the name of another, 6 the key of another, 7 both.
    keys.emplace_back(i == 6 ? 1000 : i == 7 ? 3 : i);
    paths.push_back({.stem = "t/" + std::to_string(i == 5 || i == 7 ? 4 : i)});
  }
  std::vector<NewFile> files;
  const ContentHash hash = content_hash("x");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    files.push_back({.key = keys[i], .path = paths[i], .hash = hash, .size = i});
  }
  ASSERT_TRUE(index_->insert_all(files, 1));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i == 5 || i == 6 || i == 7 || i == 900) {
      EXPECT_EQ(files[i].id, 0) << i;
    } else {
      EXPECT_NE(files[i].id, 0) << i;
      EXPECT_EQ(index_->find(keys[i]).value().value().size, i);
      EXPECT_EQ(owner(paths[i].stem), keys[i]);
    }
  }
  EXPECT_EQ(owner("t/900"), Key(std::int64_t{1000}));
  EXPECT_EQ(owner("t/6"), std::nullopt);
  EXPECT_EQ(index_->count().value(), 997);
  EXPECT_TRUE(enter(2000, "t/6"));
  reopen();
  EXPECT_EQ(owner("t/6"), Key(std::int64_t{2000}));
  EXPECT_EQ(owner("t/999"), Key(std::int64_t{999}));
}

TEST_F(NamesOfAnIndex, BelongToOneFileOnly) {
  ASSERT_TRUE(enter(1, "t/a"));
  ASSERT_TRUE(enter(2, "t/b"));
  TreeFile file = index_->find(Key(std::int64_t{2})).value().value();
  file.path.stem = "t/a";
  EXPECT_FALSE(index_->update(file));
}

}  // namespace
}  // namespace tidemark::exporter
