#include "export/round_journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tidemark::exporter {
namespace {

class RoundJournalTest : public testing::Test {
 protected:
  RoundJournalTest() {
    std::string name = (std::filesystem::temp_directory_path() / "journal-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~RoundJournalTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> texts;
    const RoundJournal journal = RoundJournal::open(folder_).value();
    for (const TreePath& path : journal.names().value()) texts.push_back(path.text());
    return texts;
  }
  [[nodiscard]] std::string file() const {
    return folder_ + "/" + std::string(RoundJournal::file_name);
  }

  std::string folder_;
  const Key key_{std::int64_t{7}};
};

TEST_F(RoundJournalTest, NamesEachFilePlainAndMarked) {
  RoundJournal journal = RoundJournal::open(folder_).value();
  journal.add({.stem = "t/CN/1", .compression = Compression::gzip}, key_);
  ASSERT_TRUE(journal.write());
  journal.add({.stem = "t/CN/2.json"}, key_);
  ASSERT_TRUE(journal.write());
  EXPECT_EQ(names(), (std::vector<std::string>{
                         marked_stem("t/CN/1", "7") + ".json.gz", "t/CN/1.json.gz",
                         marked_stem("t/CN/2.json", "7") + ".json", "t/CN/2.json.json"}));
  ASSERT_TRUE(journal.clear());
  EXPECT_TRUE(names().empty());
}

TEST_F(RoundJournalTest, ABlockWithoutItsEndDoesNotCount) {
  RoundJournal journal = RoundJournal::open(folder_).value();
  journal.add({.stem = "first"}, key_);
  ASSERT_TRUE(journal.write());
  const auto first = std::filesystem::file_size(file());
  journal.add({.stem = "second"}, key_);
  ASSERT_TRUE(journal.write());
  for (auto size = std::filesystem::file_size(file()) - 1; size >= first; --size) {
    std::filesystem::resize_file(file(), size);
    EXPECT_EQ(names().size(), 2U) << size;
  }
}

TEST_F(RoundJournalTest, ADamagedBlockDoesNotCount) {
  RoundJournal journal = RoundJournal::open(folder_).value();
  journal.add({.stem = "abc"}, key_);
  ASSERT_TRUE(journal.write());
  std::fstream(file(), std::ios::in | std::ios::out).put('x');
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace tidemark::exporter
