#include "load/xiaoe/call_rate.h"

#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

TEST(CallRate, AShortBurstIsFreeAndThenTheStepsAreEven) {
  CallRate rate(100, std::chrono::seconds(10));
  const SteadyTime now{std::chrono::hours(1)};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rate.take(now).count(), 0) << i;
  EXPECT_EQ(rate.take(now), std::chrono::milliseconds(100));
  EXPECT_EQ(rate.take(now), std::chrono::milliseconds(200));
}

TEST(CallRate, NeverExceedsTheLimitOfAWindow) {
  CallRate rate(3000, std::chrono::seconds(10));
  SteadyTime now{std::chrono::hours(1)};
  const SteadyTime end = now + std::chrono::seconds(10);
  int calls = 0;
  while (true) {
    now += rate.take(now);
    if (now >= end) break;
    ++calls;
  }
  EXPECT_LE(calls, 3000 + 10);
  EXPECT_GT(calls, 2900);
}

}  // namespace
}  // namespace tidemark::load::xiaoe
