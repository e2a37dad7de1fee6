#include "relay/backoff.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <numeric>

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// Always the same draw: 0 is the lowest, all ones just below 1.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t value) : value_(value) {}
  [[nodiscard]] std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

TEST(RetryPause, FollowsTheScheduleWithinItsSpread) {
  FixedRandom low{0};
  FixedRandom high{std::numeric_limits<std::uint64_t>::max()};
  const auto schedule = default_retry_schedule();
  EXPECT_EQ(retry_pause(schedule, 0, low), 800ms);
  EXPECT_EQ(retry_pause(schedule, 2, low), 3200ms);
  EXPECT_EQ(retry_pause(schedule, 3, low), 15s);
  EXPECT_LE(*retry_pause(schedule, 0, high), 1200ms);
  EXPECT_GE(*retry_pause(schedule, 0, high), 1199ms);
  EXPECT_LE(*retry_pause(schedule, 11, high), 36h);
}

TEST(RetryPause, EndsWithTheSchedule) {
  SeededRandom random{1};
  const auto schedule = default_retry_schedule();
  const auto steps = static_cast<std::int64_t>(schedule.size());
  EXPECT_TRUE(retry_pause(schedule, steps - 1, random));
  EXPECT_FALSE(retry_pause(schedule, steps, random));
  EXPECT_FALSE(retry_pause(schedule, -1, random));
  EXPECT_FALSE(retry_pause(schedule, std::numeric_limits<std::int64_t>::max(), random));
  EXPECT_FALSE(retry_pause({}, 0, random));
}

TEST(RetryPause, OfTheDefaultCoversThreeDays) {
  const auto schedule = default_retry_schedule();
  const auto total = std::accumulate(schedule.begin(), schedule.end(), 0s);
  EXPECT_GE(total, 72h);
  EXPECT_LE(total, 96h);
}

TEST(RetryPause, IsNotTheSameForAll) {
  SeededRandom random{7};
  const auto schedule = default_retry_schedule();
  const auto first = retry_pause(schedule, 5, random);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto pause = retry_pause(schedule, 5, random);
    EXPECT_GE(*pause, 15min);
    EXPECT_LE(*pause, 45min);
    differs = differs || pause != first;
  }
  EXPECT_TRUE(differs);
}

TEST(ProbePause, DoublesUpToFiveMinutes) {
  FixedRandom middle{std::uint64_t{1} << 63};
  EXPECT_EQ(probe_pause(0, middle), 5s);
  EXPECT_EQ(probe_pause(1, middle), 10s);
  EXPECT_EQ(probe_pause(5, middle), 160s);
  EXPECT_EQ(probe_pause(6, middle), 5min);
  EXPECT_EQ(probe_pause(std::numeric_limits<std::int64_t>::max(), middle), 5min);
  EXPECT_EQ(probe_pause(-1, middle), 5s);
}

}  // namespace
}  // namespace tidemark::relay
