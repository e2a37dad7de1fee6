// What was written of an attempt stands, whoever comes late with another one; and what is counted
// of an endpoint's failures.

#include <gtest/gtest.h>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

class EngineAttemptTest : public testing::TestWithParam<bool> {
 protected:
  std::string failures() { return world_.query("SELECT failures FROM subscriptions"); }

  SimulatedWorld world_{{.failures_max = 100, .gather = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(Gathering, EngineAttemptTest, testing::Bool());

TEST_P(EngineAttemptTest, AnOutcomeChangesNothingOnceAnotherAttemptWasWritten) {
  for (const int status : {200, 422, 503}) {
    SimulatedWorld world({.gather = GetParam()});
    world.subscribe({});
    ASSERT_TRUE(world.publish(world.voucher("7")));
    // Another hub, that believes to have the subscription, has tried it meanwhile.
    world.execute("UPDATE deliveries SET attempts = 3");
    world.answer(status);
    EXPECT_EQ(world.query("SELECT status || attempts FROM deliveries"), "pending3") << status;
    world.crash();
    world.answer(200);
    EXPECT_EQ(world.query("SELECT status || attempts FROM deliveries"), "delivered4") << status;
  }
}

TEST_P(EngineAttemptTest, FailuresInARowAreStoredLongBeforeTheEndpointIsProbed) {
  const std::string id = world_.subscribe({});
  for (int number = 0; number < 25; ++number)
    ASSERT_TRUE(world_.publish(world_.voucher(std::to_string(number))));
  for (int number = 1; number <= 22; ++number) {
    while (world_.sender.requests.empty()) world_.pass(1s);
    world_.answer(503);
    EXPECT_EQ(failures(), std::to_string(number));
  }
  world_.crash();
  EXPECT_EQ(world_.engine().subscription(id)->failures, 22);
  while (world_.sender.requests.empty()) world_.pass(1s);
  world_.answer(200);
  EXPECT_EQ(failures(), "0");
}

}  // namespace
}  // namespace tidemark::relay
