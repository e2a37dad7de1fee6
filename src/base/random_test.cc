#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace tidemark {
namespace {

TEST(SeededRandom, GivesThePublishedNumbersOfSplitMix64) {
  SeededRandom random{1234567};
  for (const std::uint64_t expected :
       {std::uint64_t{6457827717110365317U}, std::uint64_t{3203168211198807973U},
        std::uint64_t{9817491932198370423U}, std::uint64_t{4593380528125082431U},
        std::uint64_t{16408922859458223821U}}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Random, StaysBelowItsLimitAndReachesEveryNumber) {
  SeededRandom random{7};
  std::array<int, 10> seen{};
  for (int i = 0; i < 10'000; ++i) ++seen.at(random.below(10));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_LT(random.below(std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(Random, UnitIsNeverOne) {
  SeededRandom random{9};
  for (int i = 0; i < 10'000; ++i) {
    const double unit = random.unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
  }
}

TEST(SystemRandom, DoesNotRepeatItself) {
  SystemRandom random;
  EXPECT_NE(random.next(), random.next());
}

}  // namespace
}  // namespace tidemark
