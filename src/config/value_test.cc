#include "config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/parse_integer.h"

namespace tidemark::config {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Option bare(OptionType type) { return {.key = "k", .type = type, .en = "e", .zh = "z"}; }

TEST(Duration, ReadsItsUnits) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
  EXPECT_EQ(parse_duration("0s"), milliseconds{0});
  EXPECT_EQ(parse_duration("90s"), milliseconds{90'000});
  EXPECT_EQ(parse_duration("5m"), milliseconds{300'000});
  EXPECT_EQ(parse_duration("1h"), milliseconds{3'600'000});
  EXPECT_EQ(parse_duration("36500d"), milliseconds{36'500LL * 86'400'000});
}

TEST(Duration, RefusesTheRest) {
  for (const char* bad : {"", "5", "s", "-5s", "+5s", "5 s", " 5s", "5S", "1.5h", "5sec", "1h30m",
                          "36501d", "99999999999999999999s", "9223372036854775807d", "五m"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
  EXPECT_THAT(parse_duration("5\n").error().what.en, HasSubstr("5\\x0a is not a duration"));
}

TEST(Bytes, ReadsBothKindsOfUnits) {
  EXPECT_EQ(parse_bytes("4096"), 4096U);
  EXPECT_EQ(parse_bytes("1KB"), 1000U);
  EXPECT_EQ(parse_bytes("64MiB"), std::uint64_t{64} << 20);
  EXPECT_EQ(parse_bytes("1GB"), 1'000'000'000U);
  EXPECT_EQ(parse_bytes("2TiB"), std::uint64_t{2} << 40);
  for (const char* bad : {"", "-1", "1 GB", "1gb", "1.5GB", "9999999TiB", "0x10"})
    EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Integer, IsNothingElse) {
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_integer("007"), 7);
  for (const char* bad : {"", "+1", " 1", "1 ", "1.0", "1e3", "9223372036854775808"})
    EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
}

TEST(List, IsSplitAtCommas) {
  EXPECT_THAT(split_list(""), IsEmpty());
  EXPECT_THAT(split_list(" "), IsEmpty());
  EXPECT_THAT(split_list("a"), ElementsAre("a"));
  EXPECT_THAT(split_list(" a , b c,\td "), ElementsAre("a", "b c", "d"));
  EXPECT_EQ(checked_value(bare(OptionType::text_list), " a , b "), "a,b");
  EXPECT_FALSE(checked_value(bare(OptionType::text_list), "a,,b"));
  EXPECT_FALSE(checked_value(bare(OptionType::text_list), ","));
}

TEST(CheckedValue, HasOneFormOfYesAndNo) {
  for (const char* yes : {"true", "on", "yes", "1"})
    EXPECT_EQ(checked_value(bare(OptionType::boolean), yes), "true");
  for (const char* no : {"false", "off", "no", "0"})
    EXPECT_EQ(checked_value(bare(OptionType::boolean), no), "false");
  for (const char* bad : {"", "True", "2", "y"})
    EXPECT_FALSE(checked_value(bare(OptionType::boolean), bad)) << bad;
}

TEST(CheckedValue, KeepsToRangesWithOneEndOrTwo) {
  Option option = bare(OptionType::integer);
  EXPECT_FALSE(checked_value(option, "-1")) << "without a range, not negative";
  option.range = "1..256";
  EXPECT_FALSE(checked_value(option, "0"));
  EXPECT_TRUE(checked_value(option, "1"));
  EXPECT_TRUE(checked_value(option, "256"));
  EXPECT_FALSE(checked_value(option, "257"));
  option.range = "-5..";
  EXPECT_TRUE(checked_value(option, "-5"));
  EXPECT_TRUE(checked_value(option, "9000000000"));
  option = bare(OptionType::duration);
  option.range = "1s..1h";
  EXPECT_FALSE(checked_value(option, "999ms"));
  EXPECT_TRUE(checked_value(option, "60m"));
  EXPECT_EQ(checked_value(option, "2h").error().what.en,
            "must be a duration such as 90s, 5m, 1h or 2d between 1s and 1h");
}

TEST(CheckedValue, TakesOneLineOfUtf8) {
  const Option text = bare(OptionType::text);
  EXPECT_EQ(checked_value(text, "表 \t\x01"), "表 \t\x01");
  EXPECT_FALSE(checked_value(text, "a\nb"));
  EXPECT_FALSE(checked_value(text, "a\r"));
  EXPECT_FALSE(checked_value(text, std::string_view{"a\0b", 3}));
  EXPECT_FALSE(checked_value(text, "\xff"));
  Option secret = text;
  secret.secret = true;
  EXPECT_EQ(checked_value(secret, "\xff"), "\xff") << "a password may be in any encoding";
}

TEST(ShownValue, HidesSecrets) {
  Option secret = bare(OptionType::text);
  secret.secret = true;
  EXPECT_EQ(shown_value(secret, "hunter2"), "***");
  EXPECT_EQ(shown_value(secret, ""), "") << "that nothing is set is no secret";
  EXPECT_EQ(shown_value(bare(OptionType::url), "mysql://u:hunter2@h/d"), "mysql://u:***@h/d");
  EXPECT_EQ(shown_value(bare(OptionType::redis_url), "redis://:hunter2@h/0"), "redis://:***@h/0");
  EXPECT_EQ(shown_value(bare(OptionType::redis_url), "rediss://:hunter2@h"), "rediss://:***@h");
  EXPECT_EQ(shown_value(bare(OptionType::text), "a\x1b"), "a\\x1b");
}

}  // namespace
}  // namespace tidemark::config
