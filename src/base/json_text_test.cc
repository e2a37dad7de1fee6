#include "base/json_text.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

std::string json(std::string_view text, JsonTextStyle style = {}) {
  std::string out;
  append_json_text(out, text, style);
  return out;
}

TEST(JsonText, EscapesOnlyWhatItMust) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("plain / 发票 é 😀 \x7f"), "\"plain / 发票 é 😀 \x7f\"");
  EXPECT_EQ(json(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(json(std::string_view("\0\t\r\x1f", 4)), R"("\u0000\u0009\u000d\u001f")");
}

TEST(JsonText, LineFeedsHaveTwoSpellings) {
  EXPECT_EQ(json("a\nb"), R"("a\u000ab")");
  EXPECT_EQ(json("a\nb", {.short_line_feed = true}), R"("a\nb")");
}

TEST(JsonText, ReplacesEachBadByteIfAsked) {
  const JsonTextStyle style{.replace_invalid = true};
  EXPECT_EQ(json("发\xff票", style), "\"发\xEF\xBF\xBD票\"");
  EXPECT_EQ(json("cut \xe5\x8f", style), "\"cut \xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xff\"\xc0\x80\\", style), "\"\xEF\xBF\xBD\\\"\xEF\xBF\xBD\xEF\xBF\xBD\\\\\"");
  EXPECT_EQ(json("\xed\xa0\x80", style), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonText, TakesBytesAsTheyAreIfNotAsked) { EXPECT_EQ(json("\xff"), "\"\xff\""); }

TEST(JsonText, Appends) {
  std::string out = "[";
  append_json_text(out, "a");
  EXPECT_EQ(out, R"(["a")");
}

TEST(JsonNumber, IsWhatTheStandardSays) {
  for (const char* text : {"0", "-0", "12", "-12.50", "0.000", "1e5", "1E+05", "1.5e-7",
                           "123456789012345678901234567890"}) {
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const char* text : {"", "-", "+1", "01", "-01", ".5", "1.", "1e", "1e+", "1.e5", "NaN",
                           "Infinity", "0x10", " 1", "1 ", "1,000"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

}  // namespace
}  // namespace tidemark
