#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "config/key.h"
#include "config/option.h"
#include "config/value.h"

// For tests: the rules that every setting keeps. Whoever declares settings instantiates them, in
// one file of a test program.
namespace tidemark::config {

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
                        option.key.ends_with("secret_key") ||
                        // The address of a robot is all that one needs to speak through it.
                        option.key.ends_with("webhook") || option.key.ends_with("authorization");
  EXPECT_EQ(named_so, option.secret) << option.key;
}

/// `xiaoe_url` of `xiaoe.url`.
inline std::string name_of_option(const ::testing::TestParamInfo<Option>& info) {
  std::string name{info.param.key};
  for (char& c : name)
    if (c == '.' || c == '*') c = '_';
  return name;
}

}  // namespace tidemark::config
