#include "alert/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tidemark::alert {
namespace {

using ::testing::HasSubstr;

TEST(Digest, IsOneMessageWithTheWorstLevelInItsTitle) {
  const Digest digest = make_digest({{.level = Level::warning, .text = "one"},
                                     {.level = Level::critical, .text = "two"},
                                     {.level = Level::critical, .over = true, .text = "three"}},
                                    "prod", 1000, Language::english);
  EXPECT_EQ(digest.title, "[Tidemark prod] CRITICAL: 2 alerts");
  EXPECT_EQ(digest.text, "[Tidemark prod] CRITICAL: 2 alerts\none\ntwo\nthree");
}

TEST(Digest, OfEndingsAloneSaysThatItIsOver) {
  const Digest digest = make_digest({{.level = Level::critical, .over = true, .text = "one"}}, "",
                                    1000, Language::chinese);
  EXPECT_EQ(digest.title, "[Tidemark] 告警恢复");
}

TEST(Digest, CountsWhatDoesNotFit) {
  std::vector<WaitingLine> lines;
  for (int i = 0; i < 40; ++i)
    lines.push_back({.level = Level::warning, .text = std::string(30, 'a') + std::to_string(i)});
  const Digest digest = make_digest(lines, "", 500, Language::english);
  EXPECT_LE(digest.text.size(), 500);
  EXPECT_THAT(digest.text, HasSubstr(" more"));
}

TEST(Digest, NeverExceedsItsBytesNorCutsACharacter) {
  for (std::size_t limit = 20; limit < 400; ++limit) {
    std::vector<WaitingLine> lines(3, {.level = Level::warning, .text = {}});
    for (WaitingLine& line : lines)
      for (int i = 0; i < 40; ++i) line.text += "积压";
    const Digest digest = make_digest(lines, "生产环境", limit, Language::chinese);
    EXPECT_LE(digest.text.size(), limit);
    EXPECT_TRUE(is_utf8(digest.text)) << limit;
  }
}

TEST(Digest, CutsInFrontOfACharacter) {
  EXPECT_EQ(cut_utf8("积压", 5), "积");
  EXPECT_EQ(cut_utf8("积压", 6), "积压");
  EXPECT_EQ(cut_utf8("abc", 0), "");
}

}  // namespace
}  // namespace tidemark::alert
