#include "base/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace tidemark {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  AtomicFile() {
    std::string pattern = testing::TempDir() + "tidemark-atomic-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~AtomicFile() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{folder_})
      names.push_back(entry.path().filename().string());
    return names;
  }

  std::string folder_;
};

TEST_F(AtomicFile, WritesAndReplaces) {
  ASSERT_TRUE(write_file_atomically(path("a"), "first, and longer"));
  EXPECT_EQ(read_file(path("a"), 100), "first, and longer");
  ASSERT_TRUE(write_file_atomically(path("a"), "second"));
  EXPECT_EQ(read_file(path("a"), 100), "second");
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

TEST_F(AtomicFile, KeepsEveryByte) {
  std::string bytes(300'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(write_file_atomically(path("bytes"), bytes));
  EXPECT_EQ(read_file(path("bytes"), bytes.size()), bytes);
  ASSERT_TRUE(write_file_atomically(path("empty"), ""));
  EXPECT_EQ(read_file(path("empty"), 0), "");
}

TEST_F(AtomicFile, TakesTheLongestNames) {
  ASSERT_TRUE(write_file_atomically(path(std::string(255, 'n')), "x"));
  EXPECT_THAT(names(), testing::ElementsAre(std::string(255, 'n')));
}

TEST_F(AtomicFile, TakesANameWithoutAFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  EXPECT_TRUE(write_file_atomically("plain", "x"));
  fs::current_path(before);
  EXPECT_EQ(read_file(path("plain"), 1), "x");
}

TEST_F(AtomicFile, GivesTheModeAsked) {
  ASSERT_TRUE(write_file_atomically(path("secret"), "x", 0600));
  struct stat status{};
  ASSERT_EQ(::stat(path("secret").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(AtomicFile, ReplacesASymbolicLinkAndNotItsTarget) {
  ASSERT_TRUE(write_file_atomically(path("target"), "untouched"));
  fs::create_symlink(path("target"), path("link"));
  ASSERT_TRUE(write_file_atomically(path("link"), "new"));
  EXPECT_EQ(read_file(path("target"), 100), "untouched");
  EXPECT_EQ(read_file(path("link"), 100), "new");
}

TEST_F(AtomicFile, NamesTheMissingFolder) {
  const auto failed = write_file_atomically(path("no/such/a.json"), "x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::not_found);
  EXPECT_THAT(failed.error().what.en, testing::HasSubstr("no/such/a.json: No such file"));
}

TEST_F(AtomicFile, LeavesNothingBehindWhenTheNameIsAFolder) {
  fs::create_directory(path("taken"));
  const auto failed = write_file_atomically(path("taken"), "x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::io);
  EXPECT_THAT(names(), testing::ElementsAre("taken"));
}

// A file size limit stands in for the full disk here: the kernel refuses a write in the middle of a
// file in the same way. Real full disks are in the end-to-end tests.
TEST_F(AtomicFile, AFailedWriteLeavesTheOldFile) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old"));
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto failed = write_file_atomically(path("a"), std::string(100'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::io);
  EXPECT_THAT(failed.error().what.en, testing::HasSubstr("File too large"));
  EXPECT_EQ(read_file(path("a"), 100), "old");
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

// Permissions do not bind root; /proc/sys refuses new files to everybody.
TEST_F(AtomicFile, RefusesAReadOnlyFolder) {
  std::string target = "/proc/sys/a.json";
  if (::geteuid() != 0) {
    fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
    target = path("a.json");
  }
  const auto failed = write_file_atomically(target, "x");
  fs::permissions(folder_, fs::perms::owner_all);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().kind, ErrorKind::no_space);
  EXPECT_THAT(failed.error().what.en, testing::HasSubstr("a.json"));
  EXPECT_THAT(failed.error().what.zh, testing::HasSubstr("无法"));
}

TEST_F(AtomicFile, OfManyWritersOneWinsAsAWhole) {
  {
    std::vector<std::jthread> writers;
    for (char c = 'a'; c < 'e'; ++c) {
      writers.emplace_back([this, c] {
        for (int i = 0; i < 20; ++i)
          EXPECT_TRUE(write_file_atomically(path("shared"), std::string(10'000, c)));
      });
    }
    for (int i = 0; i < 200; ++i) {
      const auto seen = read_file(path("shared"), 20'000);
      if (!seen) continue;  // not yet there
      ASSERT_EQ(*seen, std::string(10'000, seen->front()));
    }
  }
  EXPECT_THAT(names(), testing::ElementsAre("shared"));
}

TEST_F(AtomicFile, PassesOverTheLeftoversOfOthers) {
  // The names that this process will try next, left by a dead one with the same number.
  for (int i = 0; i < 2000; ++i) {
    const std::string name =
        ".tidemark-" + std::to_string(::getpid()) + "-" + std::to_string(i) + ".tmp";
    ASSERT_TRUE(is_temporary_name(name));
    const int fd = ::open(path(name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ::close(fd);
  }
  EXPECT_TRUE(write_file_atomically(path("a"), "x"));
  EXPECT_EQ(read_file(path("a"), 1), "x");
}

TEST(TemporaryName, IsToldFromOtherNames) {
  EXPECT_TRUE(is_temporary_name(".tidemark-17-0.tmp"));
  for (const char* name : {"", ".tidemark-", ".tidemark-.tm", ".tidemark-a.tmp", "x.tmp",
                           "20250101+INV.json", ".tidemark-17-0.tmp.json"}) {
    EXPECT_FALSE(is_temporary_name(name)) << name;
  }
}

TEST_F(AtomicFile, ReadingKeepsToTheLimit) {
  ASSERT_TRUE(write_file_atomically(path("ten"), "0123456789"));
  EXPECT_EQ(read_file(path("ten"), 10), "0123456789");
  const auto failed = read_file(path("ten"), 9);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::io);
  EXPECT_THAT(failed.error().what.en, testing::HasSubstr("larger than 9 bytes"));
  EXPECT_FALSE(read_file("/dev/zero", 1'000'000)) << "an endless device";
}

TEST_F(AtomicFile, ReadingRefusesFoldersAndWhatIsNotThere) {
  const auto folder = read_file(folder_, 10);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::io);
  EXPECT_THAT(folder.error().what.en, testing::HasSubstr("Is a directory"));
  const auto missing = read_file(path("missing\n"), 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_THAT(missing.error().what.en, testing::HasSubstr("missing\\x0a: No such file"));
}

TEST_F(AtomicFile, SyncsAFolder) {
  EXPECT_TRUE(sync_folder(folder_));
  EXPECT_FALSE(sync_folder(path("missing")));
}

}  // namespace
}  // namespace tidemark
