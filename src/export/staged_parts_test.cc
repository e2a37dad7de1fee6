#include "export/staged_parts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "export/content_hash.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

class StagedPartsTest : public testing::Test {
 protected:
  [[nodiscard]] std::string staging() const { return folder_.text() + "/staging"; }
  [[nodiscard]] static std::string content(const StagedPart& part) {
    return read_file(part.path(), std::size_t{1} << 30).value();
  }

  TemporaryFolder folder_;
};

TEST_F(StagedPartsTest, BlocksOfManyGroupsArriveInTheirOrder) {
  StagedParts parts({.folder = staging()});
  std::map<int, StagedParts::Group> groups;
  std::map<int, std::string> expected;
  // More groups than files may be open, and more bytes than may wait.
  for (int block = 0; block < 6000; ++block) {
    const int group = block * 7 % 600;
    const std::string bytes =
        fmt::format("{{\"block\":{},\"filler\":\"{}\"}}\n", block, std::string(2000, 'x'));
    ASSERT_TRUE(parts.append(groups[group], {.rows = 1, .bytes = bytes}));
    expected[group] += bytes;
  }
  ASSERT_TRUE(parts.flush());
  for (const auto& [number, group] : groups) {
    ASSERT_EQ(group.size(), 1U);
    EXPECT_EQ(content(group.front()), expected[number]);
    EXPECT_EQ(group.front().rows(), 10U);
    EXPECT_EQ(group.front().bytes(), expected[number].size());
    EXPECT_EQ(group.front().xxh128(), hex(content_hash(expected[number]).view()));
  }
}

TEST_F(StagedPartsTest, AFullPartIsWrittenWholeBeforeTheNextBegins) {
  StagedParts parts({.folder = staging(), .part_bytes_max = 100});
  StagedParts::Group group;
  for (int block = 0; block < 5; ++block) {
    ASSERT_TRUE(parts.append(group, {.rows = 1, .bytes = std::string(60, 'a')}));
  }
  ASSERT_EQ(group.size(), 3U);
  EXPECT_EQ(content(group[0]).size(), 120U);
  EXPECT_EQ(content(group[1]).size(), 120U);
  ASSERT_TRUE(parts.flush());
  EXPECT_EQ(content(group[2]).size(), 60U);
}

TEST_F(StagedPartsTest, ADryRunCountsAndTouchesNoFile) {
  StagedParts parts({.folder = staging(), .dry_run = true});
  StagedParts::Group group;
  ASSERT_TRUE(parts.append(group, {.rows = 3, .bytes = "{}\n"}));
  ASSERT_TRUE(parts.flush());
  EXPECT_EQ(group.front().rows(), 3U);
  EXPECT_FALSE(folder_.has("staging"));
}

}  // namespace
}  // namespace tidemark::exporter
