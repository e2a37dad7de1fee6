#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/engine.h"
#include "relay/simulated_world.h"

// Repairs by hand, and what may not go wrong beside them.
namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

void retry(SimulatedWorld& world, const std::string& id, std::int64_t sequence) {
  world.change([&](Engine& engine) -> Result<void> {
    EXPECT_TRUE(engine.retry({id, sequence}).value_or(false));
    return {};
  });
}

/// Three versions of source 7, all delivered.
std::string deliver_three(SimulatedWorld& world) {
  const std::string id = world.subscribe({.ordering = Ordering::source});
  for (const char* amount : {"1", "2", "3"}) EXPECT_TRUE(world.publish(world.voucher("7", amount)));
  world.answer_all(200);
  return id;
}

TEST(EngineRepair, ReplayOfAnOrderedSubscriptionKeepsTheOrder) {
  SimulatedWorld world;
  const std::string id = deliver_three(world);
  world.change([&](Engine& engine) -> Result<void> {
    for (const std::int64_t sequence : {3, 2, 1})  // As a list of the newest first gives them.
      EXPECT_TRUE(engine.retry({id, sequence}).value_or(false));
    return {};
  });
  for (const std::int64_t sequence : {1, 2, 3}) {
    ASSERT_EQ(world.sender.requests.size(), 1U);
    EXPECT_EQ(world.sender.requests.front().sequence, sequence);
    world.answer(200);
  }
  EXPECT_TRUE(world.sender.requests.empty());
}

TEST(EngineRepair, WhatIsPublishedMeanwhileWaitsForTheReplay) {
  SimulatedWorld world;
  const std::string id = deliver_three(world);
  retry(world, id, 2);
  ASSERT_TRUE(world.publish(world.voucher("7", "4")));
  ASSERT_EQ(world.sender.requests.size(), 1U);
  world.answer(503);
  EXPECT_TRUE(world.sender.requests.empty());
  world.pass(2s);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 2);
  world.answer(200);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 4);
}

TEST(EngineRepair, OneUnderWayThatFailsWaitsForAnEarlierOneSentAgain) {
  SimulatedWorld world;
  const std::string id = deliver_three(world);
  ASSERT_TRUE(world.publish(world.voucher("7", "4")));
  ASSERT_EQ(world.sender.requests.size(), 1U);  // 4 is under way.
  retry(world, id, 1);
  ASSERT_EQ(world.sender.requests.size(), 2U);
  world.answer(503);  // 4 fails.
  world.pass(1h);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 1);
  world.answer(200);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 4);
}

TEST(EngineRepair, WithoutAnOrderAllAreDueAtOnce) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  for (const char* amount : {"1", "2"}) ASSERT_TRUE(world.publish(world.voucher("7", amount)));
  world.answer_all(200);
  retry(world, id, 2);
  retry(world, id, 1);
  EXPECT_EQ(world.sender.requests.size(), 2U);
}

TEST(EngineRepair, WhatArrivedMeanwhileIsNotSentAgain) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("7")));
  world.answer(422);
  const auto retry_parked = [&] {
    bool done = false;
    world.change([&](Engine& engine) -> Result<void> {
      done = engine.retry_if({id, 1}, DeliveryStatus::parked).value_or(false);
      return {};
    });
    return done;
  };
  EXPECT_TRUE(retry_parked());
  world.answer(200);
  EXPECT_FALSE(retry_parked()) << "whoever asked saw it parked";
  EXPECT_TRUE(world.sender.requests.empty());
  EXPECT_EQ(world.status(id, 1), "delivered");
}

TEST(EngineRepair, ATransactionThatWasBrokenOffIsDoneAgain) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  int tries = 0;
  world.change([&](Engine& engine) -> Result<void> {
    if (Result<void> paused = engine.pause(id); !paused) return paused;
    if (++tries < 3) return fail(ErrorKind::timeout, {"deadlock detected", "检测到死锁"});
    return {};
  });
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(world.subscription_state(id), SubscriptionState::paused);
  EXPECT_EQ(world.query("SELECT state FROM subscriptions"), "paused");
}

TEST(EngineRepair, WhatCannotBeSignedIsRefusedWhenItIsPublished) {
  SimulatedWorld world;
  Publication endless = world.voucher("7");
  endless.data = R"({"amount":)" + std::string(5000, '1') + "}";  // Python reads no such integer.
  ASSERT_TRUE(world.publish(endless)) << "nobody asks for the style";
  world.subscribe({.signature_style = http::BodyStyle::sorted_json});
  endless.source_id = "8";
  const auto refused = world.publish(endless);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rejected);
  EXPECT_THAT(refused.error().what.en, HasSubstr("sorted-json"));
  EXPECT_EQ(world.query("SELECT count(*) FROM events"), "1");
  ASSERT_TRUE(world.publish(world.voucher("8")));
}

TEST(EngineRepair, NumbersOfVouchersAreNeverGivenTwice) {
  SimulatedWorld world;
  for (const std::int64_t given : {1, 2, 4}) {
    Publication voucher = world.voucher("given " + std::to_string(given));
    voucher.voucher_id = given;
    ASSERT_TRUE(world.publish(voucher));
  }
  EXPECT_EQ(world.publish(world.voucher("a"))->voucher_id, 3);
  EXPECT_EQ(world.publish(world.voucher("b"))->voucher_id, 5);
  Publication taken = world.voucher("c");
  taken.voucher_id = 5;
  const auto refused = world.publish(taken);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.en.starts_with(voucher_conflict)) << refused.error().what.en;
  Publication changed = world.voucher("given 4", "2.00");
  changed.voucher_id = 4;
  EXPECT_EQ(world.publish(changed)->source_version, 2) << "its own number";
}

TEST(EngineRepair, NumbersOfVouchersAreNotGivenTwiceInOneTurn) {
  for (const bool gather : {false, true}) {
    SimulatedWorld world({.gather = gather});
    Publication given = world.voucher("given");
    given.voucher_id = 1;
    Publication again = world.voucher("another");
    again.voucher_id = 1;
    const auto results = world.publish_all({given, world.voucher("made"), again});
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0]->voucher_id, 1);
    EXPECT_EQ(results[1]->voucher_id, 2);
    EXPECT_FALSE(results[2]);
  }
}

TEST(EngineRepair, ABatchNamesItsFirstDelivery) {
  SimulatedWorld world;
  const std::string id =
      world.subscribe({.mode = Mode::batch, .batch = {.size = 2, .interval = 60s, .at = ""}});
  for (const char* source : {"1", "2"}) ASSERT_TRUE(world.publish(world.voucher(source)));
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().delivery_id, id + "-1");
  EXPECT_EQ(world.sender.requests.front().sequence, 1);
}

}  // namespace
}  // namespace tidemark::relay
