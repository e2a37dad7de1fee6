#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/batch.h"
#include "relay/engine.h"
#include "relay/simulated_world.h"

// Receivers that answer oddly, a database that refuses single rows, clocks that are set.
namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

BatchSettings three() { return {.size = 3, .interval = 3600s, .at = "", .pace = 0ms}; }

/// Three events in one request.
std::vector<std::string> publish_batch(SimulatedWorld& world) {
  std::vector<std::string> events;
  for (const char* source : {"1", "2", "3"})
    events.push_back(world.publish(world.voucher(source))->event_id);
  EXPECT_EQ(world.sender.requests.size(), 1U);
  return events;
}

TEST(EngineTrouble, AResultThatCannotBeReadIsNoSuccess) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.mode = Mode::batch, .batch = three()});
  const auto events = publish_batch(world);
  world.answer(200, R"({"results":[{"id":")" + events[0] + R"(","code":"failed"},{"id":")" +
                        events[1] + R"(","code":"0"}]})");
  EXPECT_EQ(world.status(id, 1), "retrying");
  EXPECT_EQ(world.status(id, 2), "delivered");
  EXPECT_EQ(world.query("SELECT last_error FROM deliveries WHERE sequence = 1"), "BAD_RESULT");
  EXPECT_THAT(world.query("SELECT last_message FROM deliveries WHERE sequence = 1"),
              HasSubstr("failed"));
}

TEST(EngineTrouble, TheReceiversWordsOfOneEventAreKept) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.mode = Mode::batch, .batch = three()});
  const auto events = publish_batch(world);
  world.answer(200, R"({"results":[{"id":")" + events[0] + R"(","code":422,"message":"no tax"}]})");
  EXPECT_EQ(world.status(id, 1), "parked");
  EXPECT_EQ(world.query("SELECT last_message FROM deliveries WHERE sequence = 1"), "no tax");
}

TEST(EngineTrouble, ABatchRefusedAsAWholeIsSentOneByOne) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.mode = Mode::batch, .batch = three()});
  const auto events = publish_batch(world);
  world.answer(422, "one of them is wrong");
  for (const std::string& event : events) {
    ASSERT_EQ(world.sender.requests.size(), 1U);
    EXPECT_THAT(*world.sender.requests.front().body, HasSubstr(event));
    for (const std::string& other : events)
      if (other != event) EXPECT_THAT(*world.sender.requests.front().body, Not(HasSubstr(other)));
    world.answer(event == events[1] ? 422 : 200);
  }
  EXPECT_EQ(world.status(id, 1), "delivered");
  EXPECT_EQ(world.status(id, 2), "parked");
  EXPECT_EQ(world.status(id, 3), "delivered");
}

TEST(EngineTrouble, ABatchHasLimitedBytes) {
  SimulatedWorld world;
  world.subscribe({.mode = Mode::batch, .batch = three()});
  for (const char* source : {"1", "2", "3"}) {
    Publication large = world.voucher(source);
    large.data = R"({"text":")" + std::string(450'000, 'x') + "\"}";
    ASSERT_TRUE(world.publish(large));
  }
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_LE(world.sender.requests.front().body->size(), batch_bytes_max);
  EXPECT_GE(world.sender.requests.front().body->size(), 900'000U) << "two of them";
}

TEST(EngineTrouble, AnEndlessAnswerToAProbeEndsTheProbing) {
  SimulatedWorld world({.failures_max = 3});
  const std::string id =
      world.subscribe({.mode = Mode::batch, .batch = {.size = 1, .at = "", .pace = 1000ms}});
  ASSERT_TRUE(world.publish(world.voucher("1")));
  while (world.subscription_state(id) == SubscriptionState::active) {
    world.answer_all_now(503);
    world.pass(24h);
  }
  std::size_t requests = 0;
  while (world.status(id, 1) != "parked" && requests < 100) {
    while (world.sender.requests.empty()) world.pass(1h);
    ++requests;
    world.sender.answer({.status_code = 200, .truncated = true, .started_at = world.clock.wall()});
    world.turn();
    EXPECT_EQ(world.subscription_state(id), SubscriptionState::active);
  }
  EXPECT_EQ(world.status(id, 1), "parked") << "its schedule ends some time";
  EXPECT_LT(requests, 30U);
}

TEST(EngineTrouble, AnOutcomeThatTheDatabaseRefusesStopsNobodyElse) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  const std::string other = world.subscribe({});
  world.execute("CREATE TRIGGER broken BEFORE UPDATE ON deliveries WHEN NEW.subscription_id = '" +
                id + "' BEGIN SELECT RAISE(ABORT, 'broken'); END");
  ASSERT_TRUE(world.publish(world.voucher("1")));
  world.answer_all(200);
  for (int i = 0; i < 20; ++i) {
    world.pass(1h);
    EXPECT_TRUE(world.sender.requests.empty()) << "its outcome is known: not sent again";
  }
  EXPECT_EQ(world.status(other, 1), "delivered");
  ASSERT_TRUE(world.publish(world.voucher("2")));
  EXPECT_EQ(world.sender.requests.size(), 2U);
  world.answer_all(200);
  EXPECT_EQ(world.status(other, 2), "delivered");
  world.execute("DROP TRIGGER broken");
  world.pass(10min);
  EXPECT_EQ(world.status(id, 1), "delivered");
  EXPECT_EQ(world.status(id, 2), "delivered");
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts"), "4");
}

TEST(EngineTrouble, AClockSetBackHoldsUpNoEndpoint) {
  SimulatedWorld world;
  world.subscribe({.rate_limit = 1});
  for (const char* source : {"1", "2"}) ASSERT_TRUE(world.publish(world.voucher(source)));
  world.answer_all_now(200);
  EXPECT_TRUE(world.sender.requests.empty()) << "one a second";
  world.clock.set_wall(world.clock.wall() - 8h);
  world.turn();
  ASSERT_TRUE(world.publish(world.voucher("3")));
  world.pass(1001ms);
  EXPECT_EQ(world.sender.requests.size(), 1U);
}

TEST(EngineTrouble, AnAttemptForADeletedSubscriptionIsRecorded) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("1")));
  world.change([&](Engine& engine) { return engine.remove(id); });
  EXPECT_EQ(world.engine().in_flight(), 1U);
  world.answer(200);
  EXPECT_EQ(world.engine().in_flight(), 0U);
  EXPECT_EQ(world.status(id, 1), "cancelled");
  EXPECT_EQ(world.query("SELECT attempts FROM deliveries"), "1");
  EXPECT_EQ(world.query("SELECT status_code FROM attempts"), "200");
}

TEST(EngineTrouble, WhatIsParkedEndsWithItsSubscription) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.ordering = Ordering::source});
  ASSERT_TRUE(world.publish(world.voucher("1")));
  world.answer(422);
  world.change([&](Engine& engine) { return engine.remove(id); });
  EXPECT_EQ(world.status(id, 1), "cancelled");
}

TEST(EngineTrouble, ResumeEndsAPauseThatTheReceiverAskedFor) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("1")));
  world.answer(503, "", 3600s);
  world.pass(1s);
  world.change([&](Engine& engine) { return engine.resume(id); });
  ASSERT_TRUE(world.publish(world.voucher("2")));
  EXPECT_EQ(world.sender.requests.size(), 1U);
}

}  // namespace
}  // namespace tidemark::relay
