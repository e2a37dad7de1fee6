#include "cli/wrap.h"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(Wrap, BreaksAtBlanks) {
  EXPECT_EQ(wrap("one two three", 9, 2), "one two\n  three");
  EXPECT_EQ(wrap("one  two", 80, 0), "one two");
  EXPECT_EQ(wrap("", 80, 0), "");
}

TEST(Wrap, ALongWordStaysWhole) {
  EXPECT_EQ(wrap("a /very/long/path b", 8, 0), "a\n/very/long/path\nb");
}

TEST(Wrap, ChineseBreaksAnywhereButNotBeforePunctuation) {
  EXPECT_EQ(wrap("只导出有变化的数据", 10, 0), "只导出有变\n化的数据");
  EXPECT_EQ(wrap("只导出有变，化的", 10, 0), "只导出有\n变，化的");
  EXPECT_EQ(wrap("a.toml、b.toml", 8, 0), "a.toml、\nb.toml");
  EXPECT_EQ(wrap("设置 NO_COLOR 变量", 12, 0), "设置\nNO_COLOR 变\n量");
}

TEST(Wrap, InvalidBytesDoNotHangIt) { EXPECT_EQ(wrap("\xff\xfe x", 3, 0), "\xff\xfe\nx"); }

TEST(Pad, CountsColumnsNotBytes) {
  EXPECT_EQ(pad("ab", 4), "ab  ");
  EXPECT_EQ(pad("导出", 5), "导出 ");
  EXPECT_EQ(pad("toolong", 3), "toolong");
}

}  // namespace
}  // namespace tidemark::cli
