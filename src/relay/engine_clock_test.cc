// The wall clock is set back by hours: what was to happen soon happens soon.

#include <gtest/gtest.h>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

class EngineClockTest : public testing::Test {
 protected:
  void set_back(std::chrono::microseconds by) {
    world_.clock.set_wall(world_.clock.wall() - by);
    world_.turn();
  }
  std::size_t under_way() { return world_.sender.requests.size(); }
  /// One delivery, whose endpoint failed until it is only probed.
  void wait_for_a_probe() {
    const std::string id = world_.subscribe({});
    ASSERT_TRUE(world_.publish(world_.voucher("7")));
    for (int tries = 0; world_.subscription_state(id) != SubscriptionState::probing; ++tries) {
      ASSERT_LT(tries, 200);
      if (under_way() == 0)
        world_.pass(1h);
      else
        world_.refuse();
    }
    ASSERT_EQ(under_way(), 0U);
  }

  SimulatedWorld world_{{.piece_rows = 4}};
};

TEST_F(EngineClockTest, ARetryWaitsNoLongerThanItsSchedule) {
  const std::string id = world_.subscribe({});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  world_.refuse();
  set_back(5h);
  world_.pass(2s);
  ASSERT_EQ(under_way(), 1U);
  world_.answer(503);
  set_back(5h);
  world_.pass(2h);
  ASSERT_EQ(under_way(), 1U) << "an answer may have asked for an hour's pause, no longer";
  world_.answer(200);
  EXPECT_EQ(world_.status(id, 1), "delivered");
}

TEST_F(EngineClockTest, ALongPauseStaysOne) {
  world_.subscribe({.retry_schedule = {7200s}});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  world_.refuse();
  set_back(10min);
  world_.pass(50min);
  EXPECT_EQ(under_way(), 0U);
  world_.pass(3h);
  EXPECT_EQ(under_way(), 1U);
}

TEST_F(EngineClockTest, ManyRetriesArePulledInPieceByPiece) {
  const std::string id = world_.subscribe({});
  world_.change([&](Engine& engine) { return engine.pause(id); });
  for (int number = 0; number < 30; ++number)
    ASSERT_TRUE(world_.publish(world_.voucher(std::to_string(number))));
  world_.execute(
      "UPDATE deliveries SET status = 'retrying', attempts = 1, retry_step = 1, due_at "
      "= due_at + 1000000");
  set_back(5h);
  world_.change([&](Engine& engine) { return engine.resume(id); });
  const std::string late = "SELECT count(*) FROM deliveries WHERE due_at > " +
                           std::to_string(world_.clock.wall().time_since_epoch().count());
  EXPECT_NE(world_.query(late), "0") << "not all at once";
  for (int turns = 0; turns < 10; ++turns) world_.turn();
  EXPECT_EQ(world_.query(late), "0");
}

TEST_F(EngineClockTest, AProbeWaitsNoLongerThanItsPause) {
  ASSERT_NO_FATAL_FAILURE(wait_for_a_probe());
  set_back(9h);
  world_.pass(6min);
  ASSERT_EQ(under_way(), 1U);
  world_.refuse();
  EXPECT_EQ(under_way(), 0U) << "the next probe waits, too";
}

TEST_F(EngineClockTest, AProcessThatStartsAfterwardsSeesIt) {
  world_.subscribe({});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  world_.refuse();
  world_.clock.set_wall(world_.clock.wall() - 5h);
  world_.crash();
  world_.pass(2s);
  EXPECT_EQ(under_way(), 1U);
}

TEST_F(EngineClockTest, AProcessThatStartsAfterwardsProbesAtOnce) {
  ASSERT_NO_FATAL_FAILURE(wait_for_a_probe());
  world_.clock.set_wall(world_.clock.wall() - 9h);
  world_.crash();
  world_.pass(2s);
  EXPECT_EQ(under_way(), 1U);
}

TEST_F(EngineClockTest, WhatWasNeverTriedIsSentAtOnce) {
  const std::string id = world_.subscribe({});
  world_.change([&](Engine& engine) { return engine.pause(id); });
  for (int number = 0; number < 9; ++number)
    ASSERT_TRUE(world_.publish(world_.voucher(std::to_string(number))));
  set_back(5h);
  world_.change([&](Engine& engine) { return engine.resume(id); });
  for (int turns = 0; turns < 10; ++turns) world_.turn();
  world_.answer_all(200);
  EXPECT_EQ(world_.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"), "9");
}

TEST_F(EngineClockTest, ABatchWaitsNoLongerThanItsInterval) {
  world_.subscribe({.mode = Mode::batch, .batch = {.interval = 60s, .at = "", .pace = 0ms}});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  set_back(5h);
  EXPECT_EQ(under_way(), 0U);
  world_.pass(61s);
  EXPECT_EQ(under_way(), 1U);
}

}  // namespace
}  // namespace tidemark::relay
