#include "export/name_filter.h"

#include <gtest/gtest.h>

#include <random>

namespace tidemark::exporter {
namespace {

TEST(NameFilter, LetsAllThroughThatWereAddedAndFewOthers) {
  constexpr int names = 500'000;
  std::mt19937_64 random(7);
  NameFilter filter;
  for (int i = 0; i < names; ++i) filter.add(static_cast<std::int64_t>(random()));
  std::mt19937_64 again(7);
  for (int i = 0; i < names; ++i) {
    ASSERT_TRUE(filter.may_have(static_cast<std::int64_t>(again())));
  }
  int passed = 0;
  for (int i = 0; i < names; ++i) {
    if (filter.may_have(static_cast<std::int64_t>(random()))) ++passed;
  }
  EXPECT_LT(passed, names / 100);
}

}  // namespace
}  // namespace tidemark::exporter
