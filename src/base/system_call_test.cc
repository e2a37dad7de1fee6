#include "base/system_call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <numeric>
#include <vector>

#include "base/atomic_file.h"
#include "base/unique_fd.h"
#include "tests/temporary_folder.h"

namespace tidemark {
namespace {

/// More than one call takes, and some of them empty.
std::vector<std::string> many_pieces() {
  std::vector<std::string> pieces;
  for (int i = 0; i < 500; ++i) pieces.push_back(i % 7 == 0 ? "" : fmt::format("{};", i));
  return pieces;
}

TEST(WriteAll, WritesPiecesOneAfterTheOther) {
  const TemporaryFolder folder;
  const std::string path = folder.text() + "/file";
  std::vector<std::string> pieces = many_pieces();
  {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(write_all(fd.get(), std::span(pieces)));
  }
  EXPECT_EQ(read_file(path, 1 << 20).value(),
            std::accumulate(pieces.begin(), pieces.end(), std::string()));
}

/// The size of the file ends in the middle of a piece, so the kernel takes less than it is given.
TEST(WriteAll, AShortWriteGoesOnAndThenSaysWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string path = folder.text() + "/file";
  std::vector<std::string> pieces = many_pieces();
  constexpr rlim_t limit = 101;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit low{.rlim_cur = limit, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  int error = 0;
  bool written = false;
  {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    written = write_all(fd.get(), std::span(pieces));
    error = errno;
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(written);
  EXPECT_EQ(error, EFBIG);
  EXPECT_EQ(read_file(path, 1 << 20).value(),
            std::accumulate(pieces.begin(), pieces.end(), std::string()).substr(0, limit));
}

TEST(ReadAll, GivesWhatThereIsFromAPlace) {
  const TemporaryFolder folder;
  folder.write("file", "0123456789");
  const UniqueFd fd(::open((folder.text() + "/file").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(read_all(fd.get(), 0, 10), "0123456789");
  EXPECT_EQ(read_all(fd.get(), 3, 4), "3456");
  EXPECT_EQ(read_all(fd.get(), 8, 4), "89") << "the file was cut meanwhile";
  EXPECT_EQ(read_all(fd.get(), 11, 4), "");
  EXPECT_EQ(read_all(fd.get(), 0, 0), "");
}

TEST(ReadAll, AFailureIsNoEmptyFile) {
  const TemporaryFolder folder;
  const UniqueFd fd(::open(folder.text().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(read_all(fd.get(), 0, 1), std::nullopt);
  EXPECT_EQ(errno, EISDIR);
}

}  // namespace
}  // namespace tidemark
