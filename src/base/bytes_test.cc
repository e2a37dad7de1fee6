#include "base/bytes.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(Utf8, TakesWholeSequences) {
  EXPECT_EQ(utf8_length("a"), 1U);
  EXPECT_EQ(utf8_length(std::string_view{"\0", 1}), 1U);
  EXPECT_EQ(utf8_length("é"), 2U);
  EXPECT_EQ(utf8_length("发票"), 3U);
  EXPECT_EQ(utf8_length("🧾"), 4U);
  EXPECT_EQ(utf8_length("\xf4\x8f\xbf\xbf"), 4U) << "U+10FFFF";
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
  for (const char* bad :
       {"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xe2\x82", "\xe2(\xa1", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xfe"}) {
    EXPECT_EQ(utf8_length(bad), 0U) << hex(bad);
  }
}

TEST(Utf8, FindsOneBadByteAnywhere) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    EXPECT_TRUE(is_utf8(text));
    text[at] = '\xff';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("税 invoice 发票 0123456789 é 🧾"));
  EXPECT_FALSE(is_utf8("cut in the middle of 发\xe7\xa5"));
}

TEST(DisplayWidth, CountsColumnsAndNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("发票"), 4U);
  EXPECT_EQ(display_width("ＡＢ！"), 6U) << "fullwidth forms";
  EXPECT_EQ(display_width("한글"), 4U);
  EXPECT_EQ(display_width("🧾"), 2U);
  EXPECT_EQ(display_width("e\u0301"), 1U) << "combining accent";
  EXPECT_EQ(display_width("\u200b"), 0U) << "zero width space";
  EXPECT_EQ(display_width("é–─█"), 4U);
  EXPECT_EQ(display_width("\xff\xfe"), 2U);
  EXPECT_EQ(display_width("\U00020000"), 2U);
}

TEST(FitWidth, KeepsWhatFits) {
  EXPECT_EQ(fit_width("abc", 3), "abc");
  EXPECT_EQ(fit_width("发票", 4), "发票");
  EXPECT_EQ(fit_width("", 0), "");
}

TEST(FitWidth, NeverTakesMoreThanTheColumns) {
  EXPECT_EQ(fit_width("abcd", 3), "ab…");
  EXPECT_EQ(fit_width("发票号", 5), "发票…");
  EXPECT_EQ(fit_width("发票号", 4), "发…") << "half a character is not shown";
  EXPECT_EQ(fit_width("ab", 1), "…");
  EXPECT_EQ(fit_width("ab", 0), "");
  const std::string text = "a发b票c号d🧾e";
  for (std::size_t columns = 0; columns < 16; ++columns)
    EXPECT_LE(display_width(fit_width(text, columns)), columns);
}

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("发票 INV-1 \\ é 🧾"), "发票 INV-1 \\ é 🧾");
}

TEST(Printable, ShowsWhatCouldForgeALine) {
  EXPECT_EQ(printable("a\nb\r\t\x1b[31m\x7f"), "a\\x0ab\\x0d\\x09\\x1b[31m\\x7f");
  EXPECT_EQ(printable(std::string_view{"\0", 1}), "\\x00");
  EXPECT_EQ(printable("\xff发\xe7"), "\\xff发\\xe7");
  EXPECT_EQ(printable("\u009b"), "\\xc2\\x9b") << "C1 control";
  EXPECT_EQ(printable("\u2028\u202e"), "\\xe2\\x80\\xa8\\xe2\\x80\\xae");
}

TEST(Printable, KeepsToItsLimitAndToWholeCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abc…");
  EXPECT_EQ(printable("发票号码", 8), "发…");
  EXPECT_EQ(printable("\n\n\n", 8), "\\x0a…");
  EXPECT_EQ(printable("abcdef", 2), "");
  const std::string hostile(5000, '\x01');
  for (std::size_t limit = 0; limit < 64; ++limit)
    EXPECT_LE(printable(hostile, limit).size(), limit);
}

TEST(Hex, WritesEveryByte) {
  EXPECT_EQ(hex(""), "");
  EXPECT_EQ(hex(std::string_view{"\x00\x0f\xa5\xff", 4}), "000fa5ff");
}

}  // namespace
}  // namespace tidemark
