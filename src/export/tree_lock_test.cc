#include "export/tree_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

using testing::HasSubstr;

class TreeLockTest : public testing::Test {
 protected:
  [[nodiscard]] Result<TreeLock> acquire() const {
    return TreeLock::acquire(folder_.text(), clock_);
  }

  TemporaryFolder folder_;
  const ManualClock clock_{WallTime(std::chrono::sys_days(std::chrono::January / 2 / 2026))};
  const std::string name_{TreeLock::file_name};
};

TEST_F(TreeLockTest, KeepsASecondOneOutAndNamesTheFirst) {
  const Result<TreeLock> first = acquire();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->took_over(), "");
  const Result<TreeLock> second = acquire();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_THAT(second.error().what.en, HasSubstr("pid " + std::to_string(::getpid()) + " host "));
  EXPECT_THAT(second.error().what.en, HasSubstr("since 2026-01-02T00:00:00Z"));
  ASSERT_TRUE(TreeLock::owner(folder_.text()));
  EXPECT_TRUE(TreeLock::owner(folder_.text())->alive);
}

TEST_F(TreeLockTest, IsFreeWhenItsHolderIsGone) {
  {
    ASSERT_TRUE(acquire());
  }
  EXPECT_FALSE(TreeLock::owner(folder_.text()));
  Result<TreeLock> again = acquire();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->took_over(), "");
  const TreeLock moved = std::move(*again);
  EXPECT_FALSE(acquire());
}

TEST_F(TreeLockTest, SaysWhomItTookOverFrom) {
  folder_.write(name_, "pid 1 host elsewhere since \x1b[31m2025\nmore");
  const Result<TreeLock> lock = acquire();
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->took_over(), R"(pid 1 host elsewhere since \x1b[31m2025)");
}

TEST_F(TreeLockTest, HoldsThoughTheFileWasRemoved) {
  const Result<TreeLock> first = acquire();
  ASSERT_TRUE(first);
  std::filesystem::remove(folder_.path() / name_);
  EXPECT_EQ(acquire().error().kind, ErrorKind::locked);
}

TEST_F(TreeLockTest, HonoursAnExporterThatLocksTheFileAlone) {
  const UniqueFd python(
      ::open((folder_.path() / name_).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(python.get(), LOCK_EX | LOCK_NB), 0);
  const Result<TreeLock> lock = acquire();
  EXPECT_EQ(lock.error().kind, ErrorKind::locked);
  EXPECT_THAT(lock.error().what.en, HasSubstr("owner unknown"));
}

TEST_F(TreeLockTest, HonoursALockFolder) {
  std::filesystem::create_directory(folder_.path() / name_);
  EXPECT_EQ(acquire().error().kind, ErrorKind::locked);
  EXPECT_THAT(acquire().error().hint.en, HasSubstr("rmdir"));
  EXPECT_TRUE(TreeLock::owner(folder_.text())->alive);
}

TEST_F(TreeLockTest, DoesNotFollowALink) {
  folder_.write("precious", "content");
  std::filesystem::create_symlink("precious", folder_.path() / name_);
  EXPECT_FALSE(acquire());
  EXPECT_EQ(folder_.read("precious"), "content");
}

TEST_F(TreeLockTest, AnOwnerThatIsGoneIsNotAlive) {
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  folder_.write(name_, fmt::format("pid 2147483646 host {} since then\n", host.data()));
  EXPECT_FALSE(TreeLock::owner(folder_.text())->alive);
  folder_.write(name_, "pid 2147483646 host elsewhere since then\n");
  EXPECT_TRUE(TreeLock::owner(folder_.text())->alive);
}

TEST_F(TreeLockTest, SaysWhenThereIsNoFolder) {
  EXPECT_EQ(TreeLock::acquire(folder_.text() + "/none", clock_).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace tidemark::exporter
