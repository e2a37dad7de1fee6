#include "relay/receiver_check.h"

#include <gtest/gtest.h>

#include "relay/simulated_world.h"
#include "relay/sync_stats.h"

namespace tidemark::relay {
namespace {

TEST(ReceiverCheck, IsReadStrictly) {
  const auto read = parse_receiver_check(
      R"({"events":9,"missing":1,"older":2,"different":3,"cache":4,"unreadable":5,"repaired":true})");
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(read->unreadable, 5);
  EXPECT_EQ(read->events, 9);
  EXPECT_EQ(read->cache, 4);
  EXPECT_TRUE(read->repaired);
  const auto of_before = parse_receiver_check(
      R"({"events":9,"missing":1,"older":2,"different":3,"cache":4,"repaired":false})");
  ASSERT_TRUE(of_before) << of_before.error().what.en;
  EXPECT_EQ(of_before->unreadable, 0);
  for (
      const char* body :
      {"", "[]", "{}", R"({"events":9,"missing":1,"older":2,"different":3,"cache":4})",
       R"({"events":-1,"missing":1,"older":2,"different":3,"cache":4,"repaired":true})",
       R"({"events":1.0,"missing":1,"older":2,"different":3,"cache":4,"repaired":true})",
       R"({"events":9,"missing":18446744073709551615,"older":2,"different":3,"cache":4,"repaired":true})",
       R"({"events":9,"missing":1,"older":2,"different":3,"cache":4,"repaired":1})",
       R"({"events":9,"missing":1,"older":2,"different":3,"cache":4,"unreadable":-1,"repaired":true})",
       R"({"events":9,"missing":1,"older":2,"different":3,"cache":4,"repaired":true,"x":1})"})
    EXPECT_FALSE(parse_receiver_check(body)) << body;
}

TEST(ReceiverCheck, TheLastOneStandsInTheStats) {
  SimulatedWorld world;
  const std::string checked = world.subscribe({});
  const std::string other = world.subscribe({});
  const auto keep = [&](std::int64_t missing) {
    world.change([&](Engine& engine) {
      return keep_receiver_check(engine.store().connection(), {.subscription_id = checked,
                                                               .checked_at = engine.now(),
                                                               .missing = missing,
                                                               .older = 1,
                                                               .different = 1,
                                                               .cache = 1,
                                                               .unreadable = 7,
                                                               .repaired = missing == 0});
    });
    sql::Connection& connection = world.engine().store().connection();
    const auto last = last_receiver_check(connection, checked);
    ASSERT_TRUE(last) << last.error().what.en;
    ASSERT_TRUE(last->has_value());
    EXPECT_EQ((*last)->checked_at, world.clock.wall());
    EXPECT_EQ((*last)->missing, missing);
    EXPECT_EQ((*last)->unreadable, 7);
    EXPECT_EQ((*last)->repaired, missing == 0);
    const auto none = last_receiver_check(connection, other);
    ASSERT_TRUE(none) << none.error().what.en;
    EXPECT_FALSE(none->has_value());
    const auto stats = sync_stats(world.engine().store().connection(), world.clock.wall());
    ASSERT_TRUE(stats) << stats.error().what.en;
    for (const EndpointBacklog& endpoint : stats->endpoints)
      EXPECT_EQ(endpoint.differences, endpoint.subscription_id == checked
                                          ? std::optional(missing + 10)
                                          : std::optional<std::int64_t>());
  };
  keep(100);
  keep(0);
}

}  // namespace
}  // namespace tidemark::relay
