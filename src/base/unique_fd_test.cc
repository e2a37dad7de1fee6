#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace tidemark {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }
UniqueFd open_null() { return UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)}; }

TEST(UniqueFd, ClosesAtTheEnd) {
  int number = -1;
  {
    const UniqueFd fd = open_null();
    number = fd.get();
    ASSERT_TRUE(fd);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, MovesItsDescriptor) {
  UniqueFd first = open_null();
  const int number = first.get();
  UniqueFd second{std::move(first)};
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): an empty one is promised
  EXPECT_EQ(second.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, MoveAssignmentClosesTheOldOne) {
  UniqueFd first = open_null();
  UniqueFd second = open_null();
  const int old = second.get(), kept = first.get();
  second = std::move(first);
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(kept));
  EXPECT_EQ(second.get(), kept);
}

TEST(UniqueFd, SurvivesMovingIntoItself) {
  UniqueFd fd = open_null();
  UniqueFd& same = fd;
  fd = std::move(same);
  EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFd, EmptyClosesNothing) {
  UniqueFd fd;
  EXPECT_FALSE(fd);
  fd.reset();
  EXPECT_EQ(fd.get(), -1);
}

}  // namespace
}  // namespace tidemark
