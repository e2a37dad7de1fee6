#include "base/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace tidemark {
namespace {

class OpenFiles : public testing::Test {
 protected:
  OpenFiles() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~OpenFiles() override { ::setrlimit(RLIMIT_NOFILE, &before_); }
  void limit(rlim_t files) const {
    rlimit now = before_;
    now.rlim_cur = files;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  rlimit before_{};
};

TEST_F(OpenFiles, AreAShareOfWhatTheProcessMayHave) {
  limit(512);
  EXPECT_EQ(open_files_share(4, 1000), 128U);
  EXPECT_EQ(open_files_share(4, 100), 100U);
  EXPECT_EQ(open_files_share(1000, 100), 16U);
}

}  // namespace
}  // namespace tidemark
