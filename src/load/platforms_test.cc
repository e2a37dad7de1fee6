#include "load/platforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "config/testing_every_option.h"

// What the commands, the schedule and the settings rely on, whatever the platform.
namespace tidemark::config {
namespace {

std::vector<Option> platform_options() {
  std::vector<Option> all;
  for (const load::Platform* platform : load::platforms())
    if (const OptionGroup* group = platform->options())
      all.insert(all.end(), group->options.begin(), group->options.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Platforms, EveryOption, ::testing::ValuesIn(platform_options()),
                         name_of_option);

}  // namespace
}  // namespace tidemark::config

namespace tidemark::load {
namespace {

TEST(Platforms, HaveNamesOfTheirOwnThatFitTheirColumn) {
  constexpr std::size_t name_bytes_max = 32;
  std::set<std::string_view> names;
  for (const Platform* platform : platforms()) {
    EXPECT_TRUE(names.insert(platform->name()).second) << platform->name();
    EXPECT_LE(platform->name().size(), name_bytes_max);
    EXPECT_EQ(platform_named(platform->name()), platform);
  }
  EXPECT_EQ(platform_named("nobody"), nullptr);
}

TEST(Platforms, KeepTheirSettingsBelowTheirName) {
  for (const Platform* platform : platforms()) {
    const config::OptionGroup* group = platform->options();
    const std::string prefix = std::string(platform->name()) + ".";
    if (group == nullptr) {
      EXPECT_EQ(platform->url_setting(), "");
      continue;
    }
    EXPECT_FALSE(group->title_zh.empty() || group->about_zh.empty()) << platform->name();
    for (const config::Option& option : group->options)
      EXPECT_TRUE(option.key.starts_with(prefix)) << option.key;
    if (platform->url_setting().empty()) continue;
    const auto url =
        std::ranges::find(group->options, platform->url_setting(), &config::Option::key);
    ASSERT_NE(url, group->options.end()) << platform->url_setting();
    EXPECT_EQ(url->type, config::OptionType::text);  // As Settings::with() wants it.
  }
}

TEST(Platforms, OfferAStreamOnce) {
  for (const Platform* platform : platforms()) {
    const std::set<StreamKind> different(platform->streams().begin(), platform->streams().end());
    EXPECT_EQ(different.size(), platform->streams().size()) << platform->name();
    EXPECT_FALSE(different.empty()) << platform->name();
  }
}

}  // namespace
}  // namespace tidemark::load
