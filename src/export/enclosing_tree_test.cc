#include "export/enclosing_tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

class EnclosingTree : public testing::Test {
 protected:
  void put(const std::string& name) {
    const fs::path path = root_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "{}";
  }
  [[nodiscard]] std::string around(const std::string& name) const {
    return enclosing_tree((root_ / name).string()).value_or("");
  }

  TemporaryFolder folder_;
  fs::path root_ = fs::canonical(folder_.path());
};

TEST_F(EnclosingTree, IsTheNearestWithARecordOrWatermarks) {
  put("a/.export_state/source.json");
  put("a/b/c/.export_state/.last_export_time");
  EXPECT_EQ(around("a"), "");
  EXPECT_EQ(around("a/"), "");
  EXPECT_EQ(around("a/x"), root_ / "a");
  EXPECT_EQ(around("a/b/c/"), root_ / "a");
  EXPECT_EQ(around("a/b/c/d/e"), root_ / "a/b/c");
  EXPECT_EQ(around("a/b/../../other"), "");
}

TEST_F(EnclosingTree, IsNoFolderThatOnlyHasTheName) {
  put("a/.export_state/index.db");
  put("b/.export_state");
  fs::create_directories(root_ / "c/.export_state/source.json");
  for (const char* name : {"a/x", "b/x", "c/x"}) EXPECT_EQ(around(name), "") << name;
}

TEST_F(EnclosingTree, IsFoundBehindALinkAsARunWouldGo) {
  put("a/.export_state/source.json");
  fs::create_directories(root_ / "a/inner");
  fs::create_directory_symlink(root_ / "a/inner", root_ / "link");
  fs::create_directory_symlink(root_ / "nowhere", root_ / "dangling");
  fs::create_directory_symlink("round", root_ / "round");
  EXPECT_EQ(around("link"), root_ / "a");
  EXPECT_EQ(around("link/new"), root_ / "a");
  EXPECT_EQ(around("dangling/x"), "");
  EXPECT_EQ(around("round/x"), "");
  EXPECT_EQ(around(std::string(5000, 'x')), "");
  EXPECT_EQ(enclosing_tree(""), std::nullopt);
}

TEST_F(EnclosingTree, RefusesOnlyWhatIsNotThereYet) {
  put("a/.export_state/source.json");
  EXPECT_EQ(check_enclosing_tree((root_ / "a/x").string(), "r").error().kind,
            ErrorKind::invalid_config);
  fs::create_directories(root_ / "a/x/.export_state");
  EXPECT_EQ(check_enclosing_tree((root_ / "a/x").string(), "r").value(), root_ / "a");
  EXPECT_EQ(check_enclosing_tree((root_ / "b").string(), "r").value(), std::nullopt);
}

TEST_F(EnclosingTree, FilesBesideTheStateOfAnOlderExporterGoOnAlsoThroughALink) {
  put("a/.export_state/.last_export_time");
  put("a/x/1.json");
  fs::create_directory_symlink(root_ / "a/x", root_ / "link");
  EXPECT_EQ(check_enclosing_tree((root_ / "a/x").string(), "r").value(), root_ / "a");
  EXPECT_EQ(check_enclosing_tree((root_ / "link").string(), "r").value(), root_ / "a");
  EXPECT_FALSE(check_enclosing_tree((root_ / "a/new").string(), "r"));
}

}  // namespace
}  // namespace tidemark::exporter
