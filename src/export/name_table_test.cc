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

TEST_F(NamesOfAnIndex, BelongToOneFileOnly) {
  ASSERT_TRUE(enter(1, "t/a"));
  ASSERT_TRUE(enter(2, "t/b"));
  TreeFile file = index_->find(Key(std::int64_t{2})).value().value();
  file.path.stem = "t/a";
  EXPECT_FALSE(index_->update(file));
}

}  // namespace
}  // namespace tidemark::exporter
