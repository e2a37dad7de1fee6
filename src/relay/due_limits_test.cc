#include "relay/due_limits.h"

#include <gtest/gtest.h>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// The longest pause of a row, as SQLite computes it.
std::chrono::microseconds pause(const std::string& status_code, int step,
                                const SubscriptionSettings& settings) {
  SimulatedWorld world;
  const std::string number = world.query("SELECT " + due_limits(settings, WallTime{}).pause_us +
                                         " FROM (SELECT " + status_code + " AS last_status_code, " +
                                         std::to_string(step) + " AS retry_step)");
  return std::chrono::microseconds(std::stoll(number));
}

TEST(DueLimits, FollowTheScheduleAndRetryAfter) {
  const SubscriptionSettings own{.retry_schedule = {1s, 2h}};
  EXPECT_EQ(pause("NULL", 0, own), 0s);
  EXPECT_EQ(pause("NULL", 1, own), 1200ms);
  EXPECT_EQ(pause("NULL", 2, own), 3h);
  EXPECT_EQ(pause("NULL", 9, own), 3h) << "the schedule was longer before";
  EXPECT_EQ(pause("503", 1, own), 1h);
  EXPECT_EQ(pause("503", 2, own), 3h);
  EXPECT_EQ(pause("NULL", 12, {}), 36h);
}

TEST(DueLimits, OfOneThatWasNeverTriedAreNowOrTheNextBatch) {
  const WallTime now{std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)};
  EXPECT_EQ(due_limits({}, now).first, now);
  EXPECT_EQ(due_limits({.mode = Mode::batch, .batch = {.interval = 60s, .at = ""}}, now).first,
            now + 60s);
}

}  // namespace
}  // namespace tidemark::relay
