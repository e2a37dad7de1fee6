// Hubs that share a state, and a clock among theirs that is wrong: nobody waits for it.

#include <gtest/gtest.h>

#include <set>

#include "relay/simulated_hubs.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

class EngineSharedClockTest : public testing::Test {
 protected:
  /// As many as it takes for each hub to have some.
  static constexpr std::size_t subscriptions = 8;

  void subscribe(const SubscriptionSettings& settings) {
    for (std::size_t i = 0; i < subscriptions; ++i) {
      const WallTime now = hubs_.wall(1);
      const Subscription one = new_subscription(now, chance_, settings);
      ASSERT_TRUE(hubs_.change(1, [&](Engine& engine) { return engine.add(one); }));
    }
    hubs_.pass(1min);  // Until each hub has what is meant for it.
  }
  void publish(std::size_t hub) {
    bool published = false;
    Engine::Turn turn;
    turn.publishes.push_back(
        {.request = {.publication = {.event_type = "l1_confirmed",
                                     .source_system = "settlement",
                                     .source_type = "purchase_goods",
                                     .source_id = std::to_string(++published_),
                                     .is_voucher = true,
                                     .data = "{}",
                                     .fields = R"("source_id":"7")",
                                     .content_hash = "1"}},
         .answer = [&](const Result<Published>& answer) { published = answer.has_value(); }});
    ASSERT_TRUE(hubs_.turn(hub, std::move(turn)));
    ASSERT_TRUE(published);
  }
  /// Which of the hubs have requests under way.
  std::set<std::size_t> senders() {
    std::set<std::size_t> hubs;
    for (const auto& flight : hubs_.flights()) hubs.insert(flight.hub);
    return hubs;
  }
  void answer_all(const AttemptResult& answer) {
    while (!hubs_.flights().empty()) {
      hubs_.flights().front().answer = answer;
      hubs_.hear(0);
    }
  }
  /// What is on its way within `time`, and is answered with 200.
  std::set<std::string> sent_within(std::chrono::seconds time) {
    std::set<std::string> sent;
    for (; time.count() > 0; --time) {
      hubs_.pass(1s);
      for (const auto& flight : hubs_.flights()) sent.insert(flight.request.delivery_id);
      answer_all({.status_code = 200});
    }
    return sent;
  }

  std::size_t published_ = 0;
  SeededRandom chance_{7};
  SimulatedHubs hubs_{2, {.failures_max = 3, .poll_interval = 500ms}, 7};
};

TEST_F(EngineSharedClockTest, WhatAHubPublishesWhoseClockIsAheadIsSentAtOnce) {
  ASSERT_NO_FATAL_FAILURE(subscribe({}));
  hubs_.step_clock(0, 10min);
  hubs_.pass(30s);
  ASSERT_NO_FATAL_FAILURE(publish(0));
  hubs_.pass(2s);
  EXPECT_EQ(hubs_.flights().size(), subscriptions);
  EXPECT_EQ(senders(), (std::set<std::size_t>{0, 1})) << "both have some to send";
}

TEST_F(EngineSharedClockTest, AHubWhoseClockIsBehindSendsAtOnceWhatOthersPublish) {
  ASSERT_NO_FATAL_FAILURE(subscribe({}));
  hubs_.step_clock(0, -10min);
  hubs_.pass(30s);
  ASSERT_NO_FATAL_FAILURE(publish(1));
  hubs_.pass(2s);
  EXPECT_EQ(hubs_.flights().size(), subscriptions);
}

TEST_F(EngineSharedClockTest, ABatchWaitsForItsTimeByTheClockOfTheHubThatSendsIt) {
  ASSERT_NO_FATAL_FAILURE(
      subscribe({.mode = Mode::batch, .batch = {.interval = 30s, .at = "", .pace = 0ms}}));
  hubs_.step_clock(0, 10min);
  hubs_.pass(30s);
  ASSERT_NO_FATAL_FAILURE(publish(0));
  hubs_.pass(2s);
  EXPECT_TRUE(hubs_.flights().empty());
  hubs_.pass(35s);
  EXPECT_EQ(hubs_.flights().size(), subscriptions);
}

TEST_F(EngineSharedClockTest, ARetryThatAHubLeftWaitsNoLongerThanItsSchedule) {
  hubs_.step_clock(0, 5h);
  ASSERT_NO_FATAL_FAILURE(subscribe({}));
  ASSERT_NO_FATAL_FAILURE(publish(1));
  hubs_.pass(2s);
  ASSERT_EQ(hubs_.flights().size(), subscriptions);
  answer_all({.error_code = "ECONNREFUSED"});
  hubs_.stop(0);
  EXPECT_EQ(sent_within(60s).size(), subscriptions);
}

TEST_F(EngineSharedClockTest, AProbeWaitsNoLongerThanItsPause) {
  ASSERT_NO_FATAL_FAILURE(subscribe({}));
  ASSERT_NO_FATAL_FAILURE(publish(1));
  for (int tries = 0;
       hubs_.query("SELECT count(*) FROM subscriptions WHERE state <> 'probing'") != "0"; ++tries) {
    ASSERT_LT(tries, 60);
    hubs_.pass(1s);
    answer_all({.error_code = "ECONNREFUSED"});
  }
  hubs_.step_clock(0, -9h);
  EXPECT_EQ(sent_within(60s).size(), subscriptions);
}

/// SimulatedHubs sees to it that no two hubs send for one subscription at a time.
TEST_F(EngineSharedClockTest, AMachineThatSleepsInACallOfTheDatabaseLooksAgainBeforeItSends) {
  ASSERT_NO_FATAL_FAILURE(subscribe({}));
  for (std::uint64_t steps = 0; steps < 40; ++steps) {
    hubs_.plan(0, {.kind = Fault::Kind::sleep, .steps = steps});
    ASSERT_NO_FATAL_FAILURE(publish(1));
    hubs_.pass(2s);
    ASSERT_FALSE(HasFailure()) << "after " << steps << " steps";
    answer_all({.status_code = 200});
  }
}

}  // namespace
}  // namespace tidemark::relay
