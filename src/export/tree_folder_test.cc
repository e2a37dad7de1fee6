#include "export/tree_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

class TreeFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tree-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directories(root_ / "A");
    fs::create_directories(root_ / "a");
    std::ofstream(root_ / "A/x.json") << "1";
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path root_;
};

TEST_F(TreeFolderTest, NamesThatMeanOneFileAreTheSameFile) {
  Result<TreeFolder> tree = TreeFolder::open(root_.string(), false);
  ASSERT_TRUE(tree);
  EXPECT_FALSE(tree->same_file({"A/x"}, {"a/x"}));
  std::ofstream(root_ / "a/x.json") << "1";
  EXPECT_FALSE(tree->same_file({"A/x"}, {"a/x"}));
  // What a folder that ignores case would show.
  fs::remove(root_ / "a/x.json");
  fs::create_hard_link(root_ / "A/x.json", root_ / "a/x.json");
  EXPECT_TRUE(tree->same_file({"A/x"}, {"a/x"}));
}

TEST_F(TreeFolderTest, ListsAFolder) {
  std::ofstream(root_ / "A/y.json") << "1";
  fs::create_directory_symlink(root_ / "A", root_ / "link");
  Result<TreeFolder> tree = TreeFolder::open(root_.string(), false);
  ASSERT_TRUE(tree);
  EXPECT_THAT(tree->names("A").value(), testing::UnorderedElementsAre("x.json", "y.json"));
  EXPECT_THAT(tree->names("a").value(), testing::IsEmpty());
  EXPECT_THAT(tree->names("missing").value(), testing::IsEmpty());
  EXPECT_FALSE(tree->names("link"));
  EXPECT_FALSE(tree->names("A/x.json"));
}

TEST_F(TreeFolderTest, SeesAFolderThatSomebodyHasMadeMeanwhile) {
  Result<TreeFolder> tree = TreeFolder::open(root_.string(), false);
  ASSERT_TRUE(tree);
  EXPECT_TRUE(tree->has_folder_of({"x"}));
  EXPECT_FALSE(tree->has_folder_of({"t/CN/x"}));
  fs::create_directories(root_ / "t/CN");
  EXPECT_TRUE(tree->has_folder_of({"t/CN/x"}));
  EXPECT_FALSE(tree->has_folder_of({"A/x.json/y"})) << "a file";
}

TEST_F(TreeFolderTest, RemovesWithinTheTreeOnly) {
  Result<TreeFolder> tree = TreeFolder::open((root_ / "a").string(), false);
  ASSERT_TRUE(tree);
  EXPECT_FALSE(tree->remove("../A/x.json"));
  EXPECT_TRUE(fs::exists(root_ / "A/x.json"));
}

TEST_F(TreeFolderTest, RemovesTheFoldersThatBecameEmpty) {
  fs::create_directories(root_ / "t/CN");
  std::ofstream(root_ / "t/CN/x.json") << "1";
  Result<TreeFolder> tree = TreeFolder::open(root_.string(), false);
  ASSERT_TRUE(tree);
  EXPECT_TRUE(tree->remove("t/CN/x.json"));
  EXPECT_FALSE(fs::exists(root_ / "t"));
  EXPECT_TRUE(tree->remove("t/CN/x.json"));  // Gone already.
  EXPECT_TRUE(tree->sync_names());
}

}  // namespace
}  // namespace tidemark::exporter
