#include "relay/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Engine, DeliversWhatIsPublished) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  const Result<Published> published = world.publish(world.voucher("7"));
  ASSERT_TRUE(published) << published.error().what.en;
  EXPECT_EQ(published->deliveries, 1);
  EXPECT_EQ(published->source_version, 1);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().webhook_id, published->event_id);
  world.answer(200);
  EXPECT_EQ(world.status(id, 1), "delivered");
  EXPECT_TRUE(world.sender.requests.empty());
}

TEST(Engine, SameContentIsOneEventOtherContentTheNextVersion) {
  SimulatedWorld world;
  world.subscribe({});
  const auto first = world.publish(world.voucher("7", "100.00"));
  const auto again = world.publish(world.voucher("7", "100.00"));
  const auto changed = world.publish(world.voucher("7", "100.01"));
  ASSERT_TRUE(first && again && changed);
  EXPECT_EQ(first->event_id, again->event_id);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(changed->source_version, 2);
  EXPECT_EQ(changed->voucher_id, first->voucher_id);
  EXPECT_EQ(changed->voucher_no, first->voucher_no);
}

TEST(Engine, VersionsCountOverAllEventsOfASource) {
  SimulatedWorld world;
  Publication cancelled = world.voucher("7", "1.00");
  cancelled.event_type = "l1_cancelled";
  EXPECT_EQ(world.publish(world.voucher("7", "1.00"))->source_version, 1);
  EXPECT_EQ(world.publish(cancelled)->source_version, 2);
  EXPECT_TRUE(world.publish(world.voucher("7", "1.00"))->duplicate);  // Sent again, not changed.
  EXPECT_EQ(world.publish(world.voucher("7", "2.00"))->source_version, 3);
}

TEST(Engine, GivenVersionWithOtherContentIsAConflict) {
  SimulatedWorld world;
  Publication one = world.voucher("7", "1.00");
  one.source_version = 5;
  Publication other = world.voucher("7", "2.00");
  other.source_version = 5;
  ASSERT_TRUE(world.publish(one));
  const auto refused = world.publish(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rejected);
  EXPECT_TRUE(refused.error().what.en.starts_with(version_conflict));
  EXPECT_TRUE(world.publish(one)->duplicate);
}

TEST(Engine, IdempotencyKeyGivesTheSameAnswerAndRefusesAnotherBody) {
  SimulatedWorld world;
  world.subscribe({});
  const auto first = world.publish(world.voucher("7"), "key", "hash");
  const auto again = world.publish(world.voucher("7"), "key", "hash");
  const auto other = world.publish(world.voucher("8"), "key", "other hash");
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->event_id, again->event_id);
  EXPECT_EQ(again->deliveries, 1);
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().what.en.starts_with(idempotency_conflict));
}

TEST(Engine, RetriesAfterOneTwoFourSeconds) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("7")));
  for (const auto pause : {1s, 2s, 4s}) {
    world.answer(503);
    EXPECT_EQ(world.status(id, 1), "retrying");
    world.pass(std::chrono::duration_cast<std::chrono::microseconds>(pause * 0.79));
    EXPECT_TRUE(world.sender.requests.empty());
    world.pass(std::chrono::duration_cast<std::chrono::microseconds>(pause * 0.42));
    ASSERT_EQ(world.sender.requests.size(), 1U);
  }
  EXPECT_EQ(world.sender.requests.front().attempt, 4);
  world.answer(200);
  EXPECT_EQ(world.status(id, 1), "delivered");
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts"), "4");
}

TEST(Engine, ParksWhatTheReceiverRefuses) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("7")));
  world.answer(400, "Validation Error");
  EXPECT_EQ(world.status(id, 1), "parked");
  world.pass(100h);
  EXPECT_TRUE(world.sender.requests.empty());
  EXPECT_EQ(world.query("SELECT last_message FROM deliveries"), "Validation Error");
  world.change([&](Engine& engine) -> Result<void> {
    const Result<bool> found = engine.retry({id, 1});
    EXPECT_TRUE(found && *found);
    return {};
  });
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.answer(200);
  EXPECT_EQ(world.status(id, 1), "delivered");
}

TEST(Engine, PausesOnAWrongSecretAndLosesNothing) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("1")));
  world.answer(401);
  EXPECT_EQ(world.subscription_state(id), SubscriptionState::paused);
  ASSERT_TRUE(world.publish(world.voucher("2")));
  world.pass(24h);
  EXPECT_TRUE(world.sender.requests.empty());
  world.change([&](Engine& engine) { return engine.resume(id); });
  world.answer_all(200);
  EXPECT_EQ(world.status(id, 1), "delivered");
  EXPECT_EQ(world.status(id, 2), "delivered");
}

TEST(Engine, ProbesADeadEndpointAndDrainsSlowly) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(world.publish(world.voucher(std::to_string(i))));
  while (world.subscription_state(id) == SubscriptionState::active) world.answer_all_now(503);
  EXPECT_EQ(world.subscription_state(id), SubscriptionState::probing);
  world.sender.fail_what_is_left(503);
  world.turn();
  for (int i = 0; i < 1000; ++i) {  // Three days of probes: never more than one at a time.
    world.pass(5min);
    ASSERT_LE(world.sender.requests.size(), 1U);
    world.answer_all_now(503);
  }
  world.pass(7min);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.answer_all_now(200);
  EXPECT_EQ(world.subscription_state(id), SubscriptionState::active);
  EXPECT_LE(world.sender.requests.size(), 2U);
  world.answer_all(200);
  world.pass(100h);
  world.answer_all(200);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"), "100");
}

TEST(Engine, OrderedSubscriptionKeepsTheOrderOfEachSource) {
  SimulatedWorld world;
  const std::string id = world.subscribe({.ordering = Ordering::source});
  ASSERT_TRUE(world.publish(world.voucher("7", "1")));
  ASSERT_TRUE(world.publish(world.voucher("7", "2")));
  ASSERT_TRUE(world.publish(world.voucher("8", "1")));
  ASSERT_EQ(world.sender.requests.size(), 2U);
  EXPECT_EQ(world.sender.requests[0].sequence, 1);
  EXPECT_EQ(world.sender.requests[1].sequence, 3);
  world.answer(503);  // The first of source 7: its second must wait on.
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.answer(200);
  EXPECT_TRUE(world.sender.requests.empty());
  world.pass(2s);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests[0].sequence, 1);
  world.answer(200);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests[0].sequence, 2);
  world.answer(200);
  EXPECT_EQ(world.status(id, 2), "delivered");
}

TEST(Engine, ParkedDeliveryBlocksOrLetsPass) {
  for (const AfterParked rule : {AfterParked::block, AfterParked::skip}) {
    SimulatedWorld world;
    const std::string id = world.subscribe({.ordering = Ordering::source, .after_parked = rule});
    ASSERT_TRUE(world.publish(world.voucher("7", "1")));
    ASSERT_TRUE(world.publish(world.voucher("7", "2")));
    world.answer(422);
    EXPECT_EQ(world.sender.requests.size(), rule == AfterParked::skip ? 1U : 0U);
    if (rule == AfterParked::skip) continue;
    world.change([&](Engine& engine) -> Result<void> {
      EXPECT_TRUE(engine.cancel({id, 1}).value_or(false));
      return {};
    });
    EXPECT_EQ(world.sender.requests.size(), 1U);
  }
}

TEST(Engine, RetryAfterHoldsTheWholeEndpoint) {
  SimulatedWorld world;
  world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("1")));
  world.answer(429, "", 60s);
  ASSERT_TRUE(world.publish(world.voucher("2")));
  world.pass(59s);
  EXPECT_TRUE(world.sender.requests.empty());
  world.pass(2s);
  EXPECT_EQ(world.sender.requests.size(), 2U);
}

TEST(Engine, RateLimitIsKept) {
  SimulatedWorld world;
  world.subscribe({.rate_limit = 10});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(world.publish(world.voucher(std::to_string(i))));
  std::size_t sent = 0;
  for (int i = 0; i < 20; ++i) {
    sent += world.answer_all_now(200);
    world.pass(100ms);
  }
  EXPECT_GE(sent, 18U);
  EXPECT_LE(sent, 23U);
}

TEST(Engine, BatchGathersAndSendsOnlyTheFailedAgain) {
  SimulatedWorld world;
  const std::string id =
      world.subscribe({.mode = Mode::batch, .batch = {.size = 3, .interval = 60s, .at = ""}});
  std::vector<std::string> events;
  for (int i = 0; i < 5; ++i)
    events.push_back(world.publish(world.voucher(std::to_string(i)))->event_id);
  ASSERT_EQ(world.sender.requests.size(), 1U);  // Full; the last two wait for their time.
  EXPECT_THAT(*world.sender.requests[0].body, testing::HasSubstr(events[2]));
  EXPECT_THAT(*world.sender.requests[0].body, Not(testing::HasSubstr(events[3])));
  world.answer(200, R"({"results":[{"id":")" + events[1] + R"(","code":500}]})");
  EXPECT_TRUE(world.sender.requests.empty());
  world.pass(2s);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_THAT(*world.sender.requests[0].body, testing::HasSubstr(events[1]));
  EXPECT_THAT(*world.sender.requests[0].body, Not(testing::HasSubstr(events[0])));
  world.answer_all(200);
  world.pass(60s);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_THAT(*world.sender.requests[0].body, testing::HasSubstr(events[4]));
  world.answer_all(200);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"), "5");
  EXPECT_EQ(world.query("SELECT attempts FROM deliveries WHERE sequence = 2"), "2");
  EXPECT_EQ(world.status(id, 1), "delivered");
}

TEST(Engine, FullBatchDoesNotWaitForItsTime) {
  SimulatedWorld world;
  world.subscribe({.mode = Mode::batch, .batch = {.size = 3, .interval = 3600s, .at = ""}});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(world.publish(world.voucher(std::to_string(i))));
  EXPECT_TRUE(world.sender.requests.empty());
  ASSERT_TRUE(world.publish(world.voucher("2")));
  EXPECT_EQ(world.sender.requests.size(), 1U);
}

TEST(Engine, CrashAtAnyMomentLosesNothing) {
  SimulatedWorld world;
  world.subscribe({});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(world.publish(world.voucher(std::to_string(i))));
  world.crash();  // Some are under way: their answers never arrive.
  world.pass(1s);
  world.answer_all(200);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"), "10");
}

TEST(Engine, BacklogBeyondMemoryIsReadFromTheDatabase) {
  SimulatedWorld world({.window_max = 8});
  world.subscribe({.concurrency = 4});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(world.publish(world.voucher(std::to_string(i))));
  world.answer_all(200);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"), "100");
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts"), "100");
}

TEST(Engine, SequencesAreDense) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.publish(world.voucher(std::to_string(i))));
  EXPECT_EQ(world.query("SELECT max(sequence) - count(*) FROM deliveries"), "0");
  EXPECT_EQ(world.query("SELECT next_sequence FROM subscriptions"), "21");
}

}  // namespace
}  // namespace tidemark::relay
