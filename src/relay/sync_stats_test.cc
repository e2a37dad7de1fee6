#include "relay/sync_stats.h"

#include <gtest/gtest.h>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

class SyncStatsTest : public testing::Test {
 protected:
  SyncStats stats() {
    auto read = sync_stats(world_.engine().store().connection(), world_.clock.wall());
    EXPECT_TRUE(read) << read.error().what.en;
    return read ? std::move(*read) : SyncStats{};
  }
  SimulatedWorld world_;
};

TEST_F(SyncStatsTest, WhatWaitsForABatchIsNoBacklog) {
  world_.subscribe({.mode = Mode::batch,
                    .ordering = Ordering::source,
                    .batch = {.interval = 3600s, .at = "", .pace = 0ms}});
  for (const char* amount : {"1", "2", "3"})
    ASSERT_TRUE(world_.publish(world_.voucher("7", amount)));
  ASSERT_TRUE(world_.publish(world_.voucher("8")));
  SyncStats now = stats();
  EXPECT_EQ(now.backlog, 0);
  EXPECT_EQ(now.waiting_for_batch, 4);
  EXPECT_EQ(now.oldest_undelivered(), std::nullopt);
  world_.pass(3601s);
  now = stats();
  EXPECT_EQ(now.backlog, 4) << "its time has come";
  EXPECT_EQ(now.waiting_for_batch, 0);
  EXPECT_NE(now.oldest_undelivered(), std::nullopt);
}

TEST_F(SyncStatsTest, WhatBecameDueThisMomentIsBacklog) {
  world_.subscribe({});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  // The figures' time was taken before.
  const auto read = sync_stats(world_.engine().store().connection(), world_.clock.wall() - 1s);
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(read->backlog, 1);
  EXPECT_EQ(read->waiting_for_batch, 0);
}

TEST_F(SyncStatsTest, LatencyCountsFromABatchsTime) {
  world_.subscribe({.mode = Mode::batch, .batch = {.interval = 3600s, .at = "", .pace = 0ms}});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  world_.pass(3601s);
  world_.answer(200);
  EXPECT_EQ(stats().delivered_1h, 1);
  EXPECT_LE(stats().latency_mean, 2s);
  EXPECT_LE(stats().latency_p99, 2s);
}

TEST_F(SyncStatsTest, LatencyOfWhatIsSentAgainCountsFromThen) {
  const std::string id = world_.subscribe({});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  world_.answer(200);
  world_.pass(48h);
  world_.change([&](Engine& engine) -> Result<void> {
    EXPECT_TRUE(engine.retry({id, 1}).value_or(false));
    return {};
  });
  world_.clock.advance(3s);
  world_.answer(200);
  EXPECT_EQ(stats().delivered_1h, 1);
  EXPECT_EQ(stats().latency_mean, 3s);
}

TEST_F(SyncStatsTest, LatencyOfAnOutageCountsFromPublishing) {
  const std::string id = world_.subscribe({});
  ASSERT_TRUE(world_.publish(world_.voucher("7")));
  world_.answer(503);
  world_.clock.advance(600s);
  world_.change([&](Engine& engine) -> Result<void> {  // It was late before a person hurried it.
    EXPECT_TRUE(engine.retry({id, 1}).value_or(false));
    return {};
  });
  world_.answer(200);
  EXPECT_GE(stats().latency_mean, 600s);
}

TEST_F(SyncStatsTest, TellsWhatIsParkedFromWhatIsTriedAgain) {
  world_.subscribe({.mode = Mode::batch, .batch = {.size = 2, .at = "", .pace = 0ms}});
  world_.publish_all({world_.voucher("7"), world_.voucher("8")});
  world_.answer(422);  // The batch as a whole: each goes alone now.
  ASSERT_EQ(stats().failures.size(), 1U);
  EXPECT_EQ(stats().failures[0].code, "HTTP_422");
  EXPECT_EQ(stats().failures[0].retrying, 2);
  EXPECT_EQ(stats().failures[0].parked, 0);
  world_.answer(422);
  EXPECT_EQ(stats().failures[0].retrying, 1);
  EXPECT_EQ(stats().failures[0].parked, 1);
}

}  // namespace
}  // namespace tidemark::relay
