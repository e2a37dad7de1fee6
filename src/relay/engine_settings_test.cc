#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/engine.h"
#include "relay/simulated_world.h"

// A change of a subscription counts at once: for what waits, too, and for no answer to what was
// sent before.
namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

BatchSettings nightly() { return {.size = 3, .interval = 3600s, .at = "", .pace = 0ms}; }

TEST(EngineSettings, AnAnswerToABatchIsReadAsOneWhateverTheModeIsNow) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.mode = Mode::batch, .batch = nightly()});
  std::vector<std::string> events;
  for (const char* source : {"1", "2", "3"})
    events.push_back(world.publish(world.voucher(source))->event_id);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.set(id, [](SubscriptionSettings& settings) { settings.mode = Mode::realtime; });
  world.answer(200, R"({"results":[{"id":")" + events[1] + R"(","code":500}]})");
  EXPECT_EQ(world.status(id, 1), "delivered");
  EXPECT_EQ(world.status(id, 2), "retrying");
  EXPECT_EQ(world.status(id, 3), "delivered");
}

TEST(EngineSettings, WhatWaitedForABatchIsSentAtOnceInRealtimeMode) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.mode = Mode::batch, .batch = nightly()});
  for (const char* source : {"1", "2"}) ASSERT_TRUE(world.publish(world.voucher(source)));
  EXPECT_TRUE(world.sender.requests.empty());
  world.set(id, [](SubscriptionSettings& settings) { settings.mode = Mode::realtime; });
  EXPECT_EQ(world.sender.requests.size(), 2U);
}

TEST(EngineSettings, WhatWaitsForABatchFollowsItsNewTimeAndSize) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.mode = Mode::batch, .batch = nightly()});
  for (const char* source : {"1", "2"}) ASSERT_TRUE(world.publish(world.voucher(source)));
  world.set(id, [](SubscriptionSettings& settings) { settings.batch.interval = 60s; });
  world.pass(61s);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.answer(200);
  for (const char* source : {"3", "4"}) ASSERT_TRUE(world.publish(world.voucher(source)));
  EXPECT_TRUE(world.sender.requests.empty());
  world.set(id, [](SubscriptionSettings& settings) { settings.batch.size = 2; });
  EXPECT_EQ(world.sender.requests.size(), 1U);
}

TEST(EngineSettings, SkipLetsPassWhatWaitsBehindOneParkedBefore) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.ordering = Ordering::source});
  for (const char* amount : {"1", "2", "3"}) ASSERT_TRUE(world.publish(world.voucher("7", amount)));
  world.answer(422);
  EXPECT_TRUE(world.sender.requests.empty());
  world.set(id, [](SubscriptionSettings& settings) { settings.after_parked = AfterParked::skip; });
  for (const std::int64_t sequence : {2, 3}) {
    ASSERT_EQ(world.sender.requests.size(), 1U);
    EXPECT_EQ(world.sender.requests.front().sequence, sequence);
    world.answer(200);
  }
  EXPECT_EQ(world.status(id, 1), "parked");
}

TEST(EngineSettings, AnOrderHoldsForWhatWaitsAlready) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("7", "1")));
  world.answer(503);
  world.set(id, [](SubscriptionSettings& settings) { settings.ordering = Ordering::source; });
  ASSERT_TRUE(world.publish(world.voucher("7", "2")));
  EXPECT_TRUE(world.sender.requests.empty()) << "the first one waits for its retry";
  world.pass(2s);
  for (const std::int64_t sequence : {1, 2}) {
    ASSERT_EQ(world.sender.requests.size(), 1U);
    EXPECT_EQ(world.sender.requests.front().sequence, sequence);
    world.answer(200);
  }
  EXPECT_EQ(world.status(id, 2), "delivered");
}

TEST(EngineSettings, OneUnderWayWhenTheOrderBeganWakesThoseBehindIt) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("7", "1")));
  world.set(id, [](SubscriptionSettings& settings) { settings.ordering = Ordering::source; });
  ASSERT_TRUE(world.publish(world.voucher("7", "2")));
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.answer(200);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 2);
}

TEST(EngineSettings, WithoutTheOrderNothingWaitsForAnother) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.ordering = Ordering::source});
  for (const char* amount : {"1", "2", "3"}) ASSERT_TRUE(world.publish(world.voucher("7", amount)));
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.set(id, [](SubscriptionSettings& settings) { settings.ordering = Ordering::none; });
  EXPECT_EQ(world.sender.requests.size(), 3U);
  world.answer_all(200);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"), "3");
}

TEST(EngineSettings, ABatchIsFullByWhatAnEarlierProcessLeft) {
  SimulatedWorld world;
  world.subscribe({.mode = Mode::batch, .batch = nightly()});
  for (const char* source : {"1", "2"}) ASSERT_TRUE(world.publish(world.voucher(source)));
  world.crash();
  EXPECT_TRUE(world.sender.requests.empty());
  ASSERT_TRUE(world.publish(world.voucher("3")));
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_THAT(*world.sender.requests.front().body, HasSubstr("\"sequence\":3"));
}

}  // namespace
}  // namespace tidemark::relay
