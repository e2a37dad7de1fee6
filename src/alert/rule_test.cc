#include "alert/rule.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

using namespace std::chrono_literals;

constexpr WallTime start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)};
constexpr Rule backlog{
    .subject = Subject::backlog, .level = Level::warning, .threshold = 50, .hold = 2min};
constexpr Rule success{
    .subject = Subject::success_rate_1h, .level = Level::critical, .threshold = 0.95};

TEST(Rule, IsBrokenBeyondItsThresholdNotAtIt) {
  EXPECT_FALSE(breaks(backlog, {.value = 50}, 20));
  EXPECT_TRUE(breaks(backlog, {.value = 51}, 20));
  EXPECT_FALSE(breaks(success, {.value = 0.95, .sample = 20}, 20));
  EXPECT_TRUE(breaks(success, {.value = 0.949, .sample = 20}, 20));
}

TEST(Rule, ARateOfFewDeliveriesSaysNothing) {
  EXPECT_FALSE(breaks(success, {.value = 0, .sample = 19}, 20));
  EXPECT_FALSE(breaks(success, {}, 20));
  EXPECT_TRUE(breaks(backlog, {.value = 51, .sample = 0}, 20));
}

TEST(Rule, HoldsBeforeItFires) {
  RuleState state = advance(backlog, {}, true, start, 1min);
  EXPECT_EQ(state, RuleState{.pending_since = start});
  state = advance(backlog, state, true, start + 119s, 1min);
  EXPECT_FALSE(state.firing_since);
  state = advance(backlog, state, true, start + 120s, 1min);
  EXPECT_EQ(state, RuleState{.firing_since = start});
}

TEST(Rule, AMomentOfPeaceBeginsTheHoldAnew) {
  RuleState state = advance(backlog, {}, true, start, 1min);
  state = advance(backlog, state, false, start + 60s, 1min);
  EXPECT_EQ(state, RuleState{});
  state = advance(backlog, state, true, start + 90s, 1min);
  state = advance(backlog, state, true, start + 150s, 1min);
  EXPECT_FALSE(state.firing_since);
}

TEST(Rule, WithoutHoldFiresAtOnce) {
  EXPECT_EQ(advance(success, {}, true, start, 1min), RuleState{.firing_since = start});
}

TEST(Rule, IsOverOnlyAfterAWhileOfPeace) {
  RuleState state{.firing_since = start};
  state = advance(backlog, state, false, start + 10min, 2min);
  EXPECT_EQ(state, (RuleState{.firing_since = start, .clear_since = start + 10min}));
  state = advance(backlog, state, true, start + 11min, 2min);
  EXPECT_EQ(state, RuleState{.firing_since = start});
  state = advance(backlog, state, false, start + 12min, 2min);
  state = advance(backlog, state, false, start + 14min, 2min);
  EXPECT_EQ(state, RuleState{});
}

TEST(Rule, AClockThatIsSetBackDoesNotHoldForEver) {
  RuleState state = advance(backlog, {}, true, start, 1min);
  state = advance(backlog, state, true, start - 24h, 1min);
  EXPECT_EQ(state.pending_since, start - 24h);
  state = advance(backlog, state, true, start - 24h + 2min, 1min);
  EXPECT_TRUE(state.firing_since);
}

TEST(Rule, IsNamedByItsSubjectAndLevel) { EXPECT_EQ(backlog.name(), "backlog_warning"); }

}  // namespace
}  // namespace tidemark::alert
