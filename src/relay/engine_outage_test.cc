#include <gtest/gtest.h>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// Nothing but time passes: no person does anything, and nothing is given up.
TEST(EngineOutage, AReceiverThatIsDownForThreeDaysGetsEverythingWithinMinutes) {
  for (const Ordering ordering : {Ordering::none, Ordering::source}) {
    SimulatedWorld world;
    const std::string id = world.subscribe({.ordering = ordering});
    std::int64_t requests = 0;
    std::int64_t published = 0;
    const WallTime back = world.clock.wall() + 72h;
    for (std::int64_t minute = 0; world.clock.wall() < back; ++minute) {
      if (minute % 60 == 0) {
        ASSERT_TRUE(
            world.publish(world.voucher(std::to_string(published % 5), std::to_string(published))));
        ++published;
      }
      for (; !world.sender.requests.empty(); ++requests) world.refuse();
      world.pass(1min);
    }
    EXPECT_EQ(world.subscription_state(id), SubscriptionState::probing);
    EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status IN ('pending', "
                          "'retrying')"),
              std::to_string(published));
    // Probed every five minutes or so, not run over.
    EXPECT_LT(requests, 72 * 60 / 4 + 50);
    for (int minute = 0; minute < 7; ++minute) {
      world.answer_all(200);
      world.pass(1min);
    }
    EXPECT_EQ(world.subscription_state(id), SubscriptionState::active);
    EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered'"),
              std::to_string(published));
  }
}

}  // namespace
}  // namespace tidemark::relay
