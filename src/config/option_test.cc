#include "config/option.h"

#include <gtest/gtest.h>

#include <set>

#include "config/key.h"
#include "config/testing_every_option.h"

namespace tidemark::config {
namespace {

INSTANTIATE_TEST_SUITE_P(Table, EveryOption,
                         ::testing::ValuesIn(all_options().begin(), all_options().end()),
                         name_of_option);

TEST(Options, AreDeclaredOnce) {
  std::set<std::string_view> keys;
  for (const Option& option : all_options()) EXPECT_TRUE(keys.insert(option.key).second);
}

TEST(Options, NoKeyIsAlsoATable) {
  for (const Option& option : all_options()) EXPECT_FALSE(is_table_key(option.key)) << option.key;
}

}  // namespace
}  // namespace tidemark::config
