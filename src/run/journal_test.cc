#include "run/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace tidemark::run {
namespace {

using ::testing::ElementsAre;

RunRecord run_with(std::string id, RunStatus status) {
  return {.id = std::move(id), .job = "x", .command = "x", .process = {}, .status = status};
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class JournalTest : public ::testing::Test {
 protected:
  Result<std::size_t> replay() {
    return journal.replay([this](const RunRecord& record) -> Result<void> {
      if (refuse) return fail(ErrorKind::unreachable, {"away", "离线"});
      saved.push_back(record.id + " " + std::string(name(record.status)));
      return {};
    });
  }

  Folder folder;
  Journal journal{folder.path() / "deep" / "tidemark" / "journal.ndjson"};
  bool refuse = false;
  std::vector<std::string> saved;
};

TEST_F(JournalTest, ReplaysTheLastRecordOfEachRunOnce) {
  ASSERT_TRUE(journal.append(run_with("A", RunStatus::running)));
  ASSERT_TRUE(journal.append(run_with("B", RunStatus::running)));
  ASSERT_TRUE(journal.append(run_with("A", RunStatus::success)));
  EXPECT_EQ(replay().value(), 2U);
  EXPECT_THAT(saved, ElementsAre("A success", "B running"));
  EXPECT_EQ(replay().value(), 0U);
}

TEST_F(JournalTest, NothingIsRemovedUntilAllIsSaved) {
  ASSERT_TRUE(journal.append(run_with("A", RunStatus::success)));
  refuse = true;
  EXPECT_EQ(replay().error().kind, ErrorKind::unreachable);
  refuse = false;
  EXPECT_EQ(replay().value(), 1U);
}

TEST_F(JournalTest, ATornLineIsSetAsideAndHidesNoOther) {
  ASSERT_TRUE(journal.append(run_with("A", RunStatus::success)));
  std::ofstream(journal.file(), std::ios::app) << R"({"id":"torn)";
  ASSERT_TRUE(journal.append(run_with("B", RunStatus::success)));
  EXPECT_EQ(replay().value(), 2U);
  std::ifstream aside(journal.file().string() + ".damaged");
  std::string line;
  ASSERT_TRUE(std::getline(aside, line));
  EXPECT_EQ(line, R"({"id":"torn)");
}

TEST_F(JournalTest, IsForItsOwnerAlone) {
  ASSERT_TRUE(journal.append(run_with("A", RunStatus::success)));
  struct stat found{};
  ASSERT_EQ(stat(journal.file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  ASSERT_EQ(stat(journal.file().parent_path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
}

TEST_F(JournalTest, NoFileIsNothingToDo) { EXPECT_EQ(replay().value(), 0U); }

TEST_F(JournalTest, ManyWritersLoseNothing) {
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([this, writer] {
      for (int i = 0; i < 25; ++i)
        EXPECT_TRUE(journal.append(
            run_with(std::to_string(writer) + "-" + std::to_string(i), RunStatus::success)));
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(replay().value(), 100U);
}

}  // namespace
}  // namespace tidemark::run
