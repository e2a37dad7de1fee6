#include "base/clock.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(ManualClock, StandsStillUntilMoved) {
  const WallTime start{hours{24}};
  ManualClock clock{start};
  EXPECT_EQ(clock.wall(), start);
  const SteadyTime before = clock.steady();
  clock.advance(seconds{90});
  EXPECT_EQ(clock.wall() - start, seconds{90});
  EXPECT_EQ(clock.steady() - before, seconds{90});
}

TEST(ManualClock, SteadyTimeIgnoresAClockSetBack) {
  ManualClock clock{WallTime{hours{24}}};
  const SteadyTime before = clock.steady();
  clock.set_wall(WallTime{hours{1}});
  EXPECT_EQ(clock.wall(), WallTime{hours{1}});
  EXPECT_EQ(clock.steady(), before);
}

TEST(SystemClock, FollowsTheMachine) {
  const SystemClock clock;
  const auto before = std::chrono::system_clock::now() - seconds{1};
  EXPECT_GT(clock.wall(), before);
  const SteadyTime first = clock.steady();
  EXPECT_GE(clock.steady(), first);
}

}  // namespace
}  // namespace tidemark
