#include "base/new_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "tests/temporary_folder.h"

namespace tidemark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NewFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return (folder_.path() / "book.csv").string(); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename().string());
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(NewFileTest, AppearsWhenItIsCommittedAndNotBefore) {
  Result<NewFile> file = NewFile::create(path(), 0600);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("one,"));
  ASSERT_TRUE(file->write("two"));
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(is_temporary_name(std::filesystem::path(file->temporary_path()).filename().string()));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(read_file(path(), 100).value(), "one,two");
  EXPECT_THAT(names(), ElementsAre("book.csv"));
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(NewFileTest, WithoutACommitTheOldFileStandsAndNothingIsLeft) {
  ASSERT_TRUE(write_file_atomically(path(), "old"));
  {
    Result<NewFile> file = NewFile::create(path());
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("new"));
    NewFile moved = std::move(*file);  // What is left behind removes nothing.
    EXPECT_FALSE(moved.temporary_path().empty());
  }
  EXPECT_EQ(read_file(path(), 100).value(), "old");
  EXPECT_THAT(names(), ElementsAre("book.csv"));
}

TEST_F(NewFileTest, AMovedFileIsCommittedByItsNewOwner) {
  Result<NewFile> first = NewFile::create(path());
  Result<NewFile> second = NewFile::create((folder_.path() / "other").string());
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->write("first"));
  *second = std::move(*first);
  ASSERT_TRUE(second->commit());
  EXPECT_EQ(read_file(path(), 100).value(), "first");
}

TEST_F(NewFileTest, AFolderThatIsMissing) {
  const Result<NewFile> file = NewFile::create((folder_.path() / "none" / "book.csv").string());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::not_found);
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace tidemark
