#include <gtest/gtest.h>

#include "relay/simulated_world.h"
#include "relay/store.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// Runs one pass in steps of `limit`; returns how many steps it took.
int prune(SimulatedWorld& world, std::chrono::hours retention, std::int64_t limit) {
  int steps = 0;
  for (bool more = true; more; ++steps)
    world.change([&](Engine& engine) -> Result<void> {
      const Result<bool> left = engine.store().prune_finished(engine.now() - retention, limit);
      EXPECT_TRUE(left) << left.error().what.en;
      more = left.value_or(false);
      return {};
    });
  std::optional<std::string> after = "";
  for (; after; ++steps)
    world.change([&](Engine& engine) -> Result<void> {
      auto next = engine.store().prune_events(engine.now() - retention, *after, limit);
      EXPECT_TRUE(next) << next.error().what.en;
      after = next.value_or(std::nullopt);
      return {};
    });
  return steps;
}

TEST(StorePrune, DeletesWhatIsFinishedAndOldUntilNothingIsLeft) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  for (int version = 0; version < 7; ++version)
    ASSERT_TRUE(world.publish(world.voucher("7", std::to_string(version)),
                              "key" + std::to_string(version), "hash"));
  world.answer_all(200);
  world.pass(91 * 24h);
  ASSERT_TRUE(world.publish(world.voucher("8"), "fresh key", "hash"));
  world.answer_all(200);
  EXPECT_GE(prune(world, 90 * 24h, 2), 7);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries"), "1");
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts"), "1");
  EXPECT_EQ(world.query("SELECT count(*) FROM idempotency_keys"), "1");
  // The latest version of a source can be looked up for ever.
  EXPECT_EQ(world.query("SELECT group_concat(source_id || '/' || source_version) FROM events"),
            "7/7,8/1");
  EXPECT_EQ(world.status(id, 8), "delivered");
}

TEST(StorePrune, KeepsWhatIsUnfinishedOrParkedHoweverOld) {
  SimulatedWorld world;
  const std::string id = world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("7", "1")));
  world.answer(422);
  ASSERT_TRUE(world.publish(world.voucher("7", "2")));
  world.change([&](Engine& engine) { return engine.pause(id); });
  world.answer(503);
  world.pass(91 * 24h);
  ASSERT_TRUE(world.publish(world.voucher("7", "3")));
  prune(world, 90 * 24h, 100);
  EXPECT_EQ(world.status(id, 1), "parked");
  EXPECT_EQ(world.status(id, 2), "retrying");
  EXPECT_EQ(world.query("SELECT count(*) FROM events"), "3");
}

TEST(StorePrune, AndTheFiguresOfTheDayAskAnIndex) {
  SimulatedWorld world;
  for (const char* sql :
       {"SELECT subscription_id, sequence FROM deliveries WHERE status IN ('delivered', "
        "'cancelled') AND finished_at < 1 LIMIT 5",
        "SELECT status, COUNT(*) FROM deliveries WHERE status IN ('delivered', 'parked') AND "
        "finished_at >= 1 GROUP BY status",
        "SELECT finished_at - created_at FROM deliveries WHERE status = 'delivered' AND "
        "finished_at >= 1 ORDER BY finished_at - created_at LIMIT 1 OFFSET 3"}) {
    EXPECT_NE(world.plan_of(sql).find("deliveries_ended"), std::string::npos) << sql;
  }
  EXPECT_NE(world.plan_of("SELECT idempotency_key FROM idempotency_keys WHERE created_at < 1")
                .find("idempotency_keys_age"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemark::relay
