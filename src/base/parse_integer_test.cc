#include "base/parse_integer.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(ParseInteger, ReadsTheWholeText) {
  EXPECT_EQ(parse_integer("17"), 17);
  EXPECT_EQ(parse_integer("-3"), -3);
  EXPECT_EQ(parse_integer("0042"), 42);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer<std::uint16_t>("65535"), 65535);
}

TEST(ParseInteger, RefusesWhatIsNoIntegerOrTooLarge) {
  for (const std::string_view text :
       {"", "+17", " 17", "17 ", "17x", "1.0", "-", "0x11", "9223372036854775808", "١٧"})
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  EXPECT_EQ(parse_integer<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_integer<std::uint16_t>("-1"), std::nullopt);
}

}  // namespace
}  // namespace tidemark
