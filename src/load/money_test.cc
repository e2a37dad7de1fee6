#include "load/money.h"

#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

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
