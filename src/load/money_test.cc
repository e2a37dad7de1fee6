#include "load/money.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

using ::testing::HasSubstr;

TEST(Money, YuanBecomeFenExactly) {
  EXPECT_EQ(fen_of_yuan("19.9"), 1990);
  EXPECT_EQ(fen_of_yuan("0"), 0);
  EXPECT_EQ(fen_of_yuan("0.07"), 7);
  EXPECT_EQ(fen_of_yuan("1.10"), 110);
  EXPECT_EQ(fen_of_yuan("1.1000"), 110);
  EXPECT_EQ(fen_of_yuan("-3.5"), -350);
  // 8.41 * 100 is 840.9999999999999 in doubles.
  EXPECT_EQ(fen_of_yuan("8.41"), 841);
  EXPECT_EQ(fen_of_yuan("10000000000000.00"), fen_max);
}

TEST(Money, WhatIsNotWholeFenIsNoAmount) {
  for (const char* text : {"", "abc", "1e3", "1.005", "10000000000000.01", "0x1", " 1", "1,000",
                           "99999999999999999999999999999999999999999"})
    EXPECT_EQ(fen_of_yuan(text), std::nullopt) << text;
}

TEST(Money, WhatIsNoAmountSaysWhy) {
  const auto why = [](std::string_view text, bool in_fen = false) {
    EXPECT_FALSE(in_fen ? fen_of_fen(text) : fen_of_yuan(text)) << text;
    return why_no_amount(text, in_fen).en;
  };
  EXPECT_THAT(why("1.005"), HasSubstr("more than two decimals"));
  EXPECT_THAT(why("-.001"), HasSubstr("more than two decimals"));
  EXPECT_THAT(why("19.9", true), HasSubstr("in fen"));
  for (const char* text : {"1,234", "1,234.50", "-12,345,678.00", "1'234.5", "1，234"})
    EXPECT_THAT(why(text), HasSubstr("thousands")) << text;
  for (const char* text : {"19,90", "1.234,5", "1,2345", ",123", "1234,567", "1,234,56"})
    EXPECT_THAT(why(text), HasSubstr("a comma, perhaps")) << text;
  for (const char* text : {"1e3", "1.0E+05", "2.5e-1"})
    EXPECT_THAT(why(text), HasSubstr("exponent")) << text;
  for (const char* text : {" 1", "1 ", "1 234", "1\xC2\xA0"})
    EXPECT_THAT(why(text), HasSubstr("blanks")) << text;
  for (const char* text : {"¥19.90", "19.90元", "$1", "0x1", "USD 5", "1%", "+5"})
    EXPECT_THAT(why(text), HasSubstr("currency")) << text;
  for (const char* text : {"abc", "-", ".", "1.2.3", "--1", "e", "，"})
    EXPECT_THAT(why(text), HasSubstr("no number")) << text;
  for (const char* text :
       {"10000000000001", "10000000000000.010", "99999999999999999999999999999999999999999"})
    EXPECT_THAT(why(text), HasSubstr("larger")) << text;
  EXPECT_THAT(why("1." + std::string(60, '0') + "1"), HasSubstr("more than two decimals"));
  EXPECT_THAT(why("1000000000000001", true), HasSubstr("larger"));
}

TEST(Money, FenStayFen) {
  EXPECT_EQ(fen_of_fen("1990"), 1990);
  EXPECT_EQ(fen_of_fen("1990.0"), 1990);
  EXPECT_EQ(fen_of_fen("19.9"), std::nullopt);
}

TEST(Money, PrintsTwoDecimals) {
  EXPECT_EQ(yuan_text(1990), "19.90");
  EXPECT_EQ(yuan_text(7), "0.07");
  EXPECT_EQ(yuan_text(-350), "-3.50");
  EXPECT_EQ(yuan_text(0), "0.00");
}

}  // namespace
}  // namespace tidemark::load
