#include "export/index_aside.h"

#include <gtest/gtest.h>

#include "export/tree_index.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

class PutIndexAside : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(PutIndexAside, APutAsideIndexTakesItsWalAlong) {
  folder_.write("index.db", "damaged");
  folder_.write("index.db-wal", "its WAL");
  folder_.write("index.db-shm", "");
  folder_.write("index.db.damaged", "an older one");
  folder_.write("index.db.damaged-wal", "the older one's WAL");
  ASSERT_TRUE(put_index_aside(folder_.text() + "/index.db"));
  EXPECT_EQ(folder_.read("index.db.damaged"), "damaged");
  EXPECT_EQ(folder_.read("index.db.damaged-wal"), "its WAL");
  EXPECT_FALSE(folder_.has("index.db"));
  EXPECT_FALSE(folder_.has("index.db-wal"));
  EXPECT_FALSE(folder_.has("index.db-shm"));
}

TEST_F(PutIndexAside, WithoutAWalAnOlderOneDoesNotStay) {
  folder_.write("index.db", "damaged");
  folder_.write("index.db.damaged-wal", "the older one's WAL");
  ASSERT_TRUE(put_index_aside(folder_.text() + "/index.db"));
  EXPECT_EQ(folder_.read("index.db.damaged"), "damaged");
  EXPECT_FALSE(folder_.has("index.db.damaged-wal"));
}

TEST_F(PutIndexAside, AnInterruptedPuttingAsideIsFinished) {
  folder_.write("index.db.damaged", "damaged");
  folder_.write("index.db-wal", "its WAL");
  folder_.write("index.db-shm", "");
  {
    const Result<TreeIndex> index = TreeIndex::open(folder_.text(), IndexDb::Mode::read_write);
    ASSERT_TRUE(index);
    EXPECT_TRUE(index->fresh());
  }
  EXPECT_EQ(folder_.read("index.db.damaged-wal"), "its WAL");
}

TEST_F(PutIndexAside, OfAnotherKeyLeavesADamagedOneAloneAndIsFinishedByItself) {
  folder_.write("index.db.other_key", "put aside before the kill");
  folder_.write("index.db-wal", "its WAL");
  folder_.write("index.db.damaged", "an older one");
  ASSERT_TRUE(put_index_aside(folder_.text() + "/index.db", other_key_suffix));
  EXPECT_EQ(folder_.read("index.db.other_key"), "put aside before the kill");
  EXPECT_EQ(folder_.read("index.db.other_key-wal"), "its WAL");
  EXPECT_EQ(folder_.read("index.db.damaged"), "an older one");
  EXPECT_FALSE(folder_.has("index.db.damaged-wal"));
}

TEST_F(PutIndexAside, WhatIsAsideKeepsItsWalIfThereIsNothingToPutThere) {
  folder_.write("index.db.other_key", "put aside before the kill");
  folder_.write("index.db.other_key-wal", "its WAL");
  ASSERT_TRUE(put_index_aside(folder_.text() + "/index.db", other_key_suffix));
  EXPECT_EQ(folder_.read("index.db.other_key"), "put aside before the kill");
  EXPECT_EQ(folder_.read("index.db.other_key-wal"), "its WAL");
}

TEST_F(PutIndexAside, AFileThatIsNotThereNeedsNoPlace) {
  ASSERT_TRUE(put_file_aside(folder_.text() + "/list.json", other_key_suffix));
  EXPECT_FALSE(folder_.has("list.json.other_key"));
}

}  // namespace
}  // namespace tidemark::exporter
