#include "export/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

using Open = UniqueFd (*)(int, const std::string&, int, mode_t);

/// A root with a folder, a file and links, and a folder outside of it.
class Beneath : public testing::TestWithParam<Open> {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "beneath-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::create_directories(folder_ / "root/a/b");
    fs::create_directories(folder_ / "outside");
    std::ofstream(folder_ / "root/a/b/file") << "x";
    std::ofstream(folder_ / "outside/file") << "x";
    fs::create_directory_symlink(folder_ / "outside", folder_ / "root/out");
    fs::create_directory_symlink("a", folder_ / "root/within");
    fs::create_symlink(folder_ / "outside/file", folder_ / "root/a/file");
    fs::create_directory_symlink(folder_ / "root", folder_ / "linked");
    root_.reset(::open((folder_ / "root").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(root_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// 0 or errno.
  int open(const std::string& path, int flags = O_RDONLY) {
    return GetParam()(root_.get(), path, flags | O_CLOEXEC, 0600) ? 0 : errno;
  }

  fs::path folder_;
  UniqueFd root_;
};

TEST_P(Beneath, OpensWhatIsThere) {
  EXPECT_EQ(open("a", O_RDONLY | O_DIRECTORY), 0);
  EXPECT_EQ(open("a/b/file"), 0);
  EXPECT_EQ(open("a/b/new", O_WRONLY | O_CREAT | O_EXCL), 0);
  EXPECT_EQ(open("a/b/none"), ENOENT);
  EXPECT_EQ(open("none/b"), ENOENT);
  EXPECT_EQ(open("a/b/file/c"), ENOTDIR);
}

TEST_P(Beneath, GoesThroughNoLink) {
  EXPECT_EQ(open("out", O_RDONLY | O_DIRECTORY), ELOOP);
  EXPECT_EQ(open("out/file"), ELOOP);
  EXPECT_EQ(open("within/b/file"), ELOOP);
  EXPECT_EQ(open("a/file"), ELOOP);
  EXPECT_EQ(open("a/file", O_WRONLY | O_CREAT), ELOOP);
}

TEST_P(Beneath, DoesNotLeaveTheRoot) {
  EXPECT_EQ(open("../outside/file"), EXDEV);
  EXPECT_EQ(open("a/../../outside/file"), EXDEV);
  EXPECT_EQ(open((folder_ / "outside/file").string()), EXDEV);
}

TEST_P(Beneath, TheRootMayBeALink) {
  root_.reset(::open((folder_ / "linked").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(open("a/b/file"), 0);
}

INSTANTIATE_TEST_SUITE_P(OpenBeneath, Beneath, testing::Values(open_beneath));
INSTANTIATE_TEST_SUITE_P(OpenByComponents, Beneath, testing::Values(open_by_components));

}  // namespace
}  // namespace tidemark::exporter
