#include "config/option.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "config/key.h"
#include "config/value.h"

namespace tidemark::config {
namespace {

class EveryOption : public ::testing::TestWithParam<Option> {};

TEST_P(EveryOption, HasAKeyInTheOneSpelling) {
  const Option& option = GetParam();
  for (const std::string_view segment : split(option.key, '.'))
    EXPECT_TRUE(segment == "*" || is_table_name(segment)) << option.key;
}

TEST_P(EveryOption, SpeaksBothLanguages) {
  const Option& option = GetParam();
  EXPECT_FALSE(option.en.empty());
  EXPECT_FALSE(option.zh.empty());
  EXPECT_FALSE(option.en.ends_with('.')) << option.key;
  EXPECT_FALSE(option.zh.ends_with("。")) << option.key;
  EXPECT_GT(display_width(option.zh), option.zh.size() / 4) << option.key;
  EXPECT_NE(option.en, option.zh);
}

TEST_P(EveryOption, HasADefaultAndAnExampleThatAreValid) {
  const Option& option = GetParam();
  const bool may_be_empty = option.type == OptionType::text || is_address(option.type) ||
                            option.type == OptionType::text_list;
  EXPECT_TRUE(may_be_empty || !option.fallback.empty()) << option.key;
  EXPECT_EQ(checked_value(option, option.fallback), std::string{option.fallback}) << option.key;
  EXPECT_FALSE(option.example.empty()) << option.key;
  EXPECT_EQ(checked_value(option, option.example), std::string{option.example}) << option.key;
  EXPECT_NE(option.example, option.fallback) << option.key;
}

TEST_P(EveryOption, HasChoicesOrARangeOnlyWhereTheyMeanSomething) {
  const Option& option = GetParam();
  EXPECT_EQ(option.choices.empty(), option.type != OptionType::choice) << option.key;
  if (!option.range.empty()) {
    EXPECT_TRUE(option.type == OptionType::integer || option.type == OptionType::duration ||
                option.type == OptionType::bytes)
        << option.key;
    EXPECT_TRUE(option.range.contains("..")) << option.key;
  }
}

TEST_P(EveryOption, APasswordIsASecret) {
  const Option& option = GetParam();
  const bool named_so = option.key.ends_with("password") || option.key.ends_with("secret") ||
                        option.key.ends_with("secret_key");
  EXPECT_EQ(named_so, option.secret) << option.key;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryOption,
                         ::testing::ValuesIn(all_options().begin(), all_options().end()),
                         [](const auto& info) {
                           std::string name{info.param.key};
                           for (char& c : name)
                             if (c == '.' || c == '*') c = '_';
                           return name;
                         });

TEST(Options, AreDeclaredOnce) {
  std::set<std::string_view> keys;
  for (const Option& option : all_options()) EXPECT_TRUE(keys.insert(option.key).second);
}

TEST(Options, NoKeyIsAlsoATable) {
  for (const Option& option : all_options()) EXPECT_FALSE(is_table_key(option.key)) << option.key;
}

}  // namespace
}  // namespace tidemark::config
