#include "base/append_line.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "base/atomic_file.h"
#include "tests/temporary_folder.h"

namespace tidemark {
namespace {

class AppendLine : public testing::Test {
 protected:
  std::string content() { return read_file(path_, 1 << 20).value_or("cannot be read"); }
  void fill(const std::string& bytes) { ASSERT_TRUE(write_file_atomically(path_, bytes, 0600)); }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.text() + "/lines";
};

TEST_F(AppendLine, OneAfterTheOtherForTheOwnerAlone) {
  ASSERT_TRUE(append_line(path_, "one"));
  ASSERT_TRUE(append_line(path_, "two"));
  EXPECT_EQ(content(), "one\ntwo\n");
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(AppendLine, WhatACrashLeftOfALineDoesNotSpoilTheNext) {
  fill("one\ntw");
  ASSERT_TRUE(append_line(path_, "three"));
  EXPECT_EQ(content(), "one\ntw\nthree\n");
}

/// As on a full disk, the kernel takes the first bytes of the line and no more.
TEST_F(AppendLine, ALineThatDoesNotFitIsTakenBack) {
  fill("one\n");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit low{.rlim_cur = 10, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  const Result<void> done = append_line(path_, "much too long");
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().what.en.find(path_), std::string::npos);
  EXPECT_EQ(content(), "one\n");
  ASSERT_TRUE(append_line(path_, "two"));
  EXPECT_EQ(content(), "one\ntwo\n");
}

TEST_F(AppendLine, AFileThatCannotBeWrittenIsNamed) {
  const Result<void> done = append_line(folder_.text(), "one");
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().what.en.find(folder_.text()), std::string::npos);
}

}  // namespace
}  // namespace tidemark
