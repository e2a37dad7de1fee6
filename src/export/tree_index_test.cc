#include "export/tree_index.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

class TreeIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "index-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] Result<TreeIndex> open() const {
    return TreeIndex::open(folder_.string(), IndexDb::Mode::read_write);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder_;
};

TEST_F(TreeIndexTest, RejectsComeAndGoWithTheSameStatements) {
  Result<TreeIndex> index = open();
  ASSERT_TRUE(index);
  for (std::int64_t key = 1; key <= 3; ++key) {
    ASSERT_TRUE(index->put_reject({.key = Key(key), .tenant = "t", .reason = "bad"}));
  }
  ASSERT_TRUE(index->put_reject({.key = Key(std::int64_t{2}), .tenant = "u", .reason = "worse"}));
  ASSERT_TRUE(index->erase_reject(Key(std::int64_t{1})));
  const Result<std::vector<Reject>> rejects = index->rejects();
  ASSERT_TRUE(rejects);
  ASSERT_EQ(rejects->size(), 2U);
  EXPECT_EQ(rejects->front().key, Key(std::int64_t{2}));
  EXPECT_EQ(rejects->front().tenant, "u");
  EXPECT_EQ(rejects->front().reason, "worse");
}

TEST_F(TreeIndexTest, AnUnknownTenantIsNotTheOneWithTheEmptyName) {
  Result<TreeIndex> index = open();
  ASSERT_TRUE(index);
  const ContentHash hash = content_hash("{broken");
  ASSERT_TRUE(index->put_reject({.key = Key(std::int64_t{1}), .tenant = "", .hash = hash}));
  ASSERT_TRUE(index->put_reject({.key = Key(std::int64_t{2}), .tenant = std::nullopt}));
  // As recovery wrote it before.
  ASSERT_TRUE(index->put_reject({.key = Key(std::int64_t{3}), .tenant = ""}));
  Result<std::vector<Reject>> rejects = index->rejects();
  ASSERT_TRUE(rejects);
  ASSERT_EQ(rejects->size(), 3U);
  EXPECT_EQ(rejects->at(0).tenant, "");
  EXPECT_FALSE(rejects->at(1).tenant);
  EXPECT_FALSE(rejects->at(2).tenant);
  // Its row was read.
  ASSERT_TRUE(index->put_reject({.key = Key(std::int64_t{2}), .tenant = "t", .hash = hash}));
  rejects = index->rejects();
  ASSERT_TRUE(rejects);
  EXPECT_EQ(rejects->at(1).tenant, "t");
}

}  // namespace
}  // namespace tidemark::exporter
