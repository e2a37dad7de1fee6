#include "load/xiaoe/call_rate.h"

#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

TEST(CallRate, AShortBurstIsFreeAndThenTheStepsAreEven) {
  CallRate rate(100, std::chrono::seconds(10));
  const SteadyTime now{std::chrono::hours(1)};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rate.take(now).count(), 0) << i;
  EXPECT_EQ(rate.take(now), std::chrono::milliseconds(112));
  EXPECT_EQ(rate.take(now), std::chrono::milliseconds(223));
}

/// Calls in the first window after a time without any, one after another without delay.
int calls_at_most(std::uint64_t limit, std::chrono::seconds window) {
  CallRate rate(limit, window);
  SteadyTime now{std::chrono::hours(1)};
  const SteadyTime end = now + window;
  for (int calls = 0;; ++calls) {
    now += rate.take(now);
    if (now >= end) return calls;
  }
}

TEST(CallRate, NeverExceedsTheLimitOfAWindow) {
  for (const auto& [limit, window] :
       {std::pair{3000U, 10}, {100U, 10}, {500U, 10}, {300U, 60}, {10U, 1}, {2U, 1}, {1U, 1}}) {
    const int calls = calls_at_most(limit, std::chrono::seconds(window));
    EXPECT_LE(calls, static_cast<int>(limit));
    EXPECT_GE(calls, static_cast<int>(limit) * 9 / 10) << limit;
  }
}

TEST(CallRate, WhatIsHeldIsHeldForAll) {
  CallRate rate(100, std::chrono::seconds(10));
  const SteadyTime now{std::chrono::hours(1)};
  EXPECT_EQ(rate.take(now).count(), 0);
  rate.hold(now + std::chrono::seconds(3));
  EXPECT_GE(rate.take(now), std::chrono::seconds(3));
  EXPECT_GT(rate.take(now), std::chrono::seconds(3));
}

}  // namespace
}  // namespace tidemark::load::xiaoe
