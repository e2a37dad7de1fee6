// A change of a subscription with a long backlog is worked off in pieces: whatever happens between
// two of them, the state is one that the doctor finds in order, and nothing is forgotten.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/doctor/doctor.h"
#include "relay/query.h"
#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view unfinished = "status IN ('pending', 'retrying')";

class EngineBacklogTest : public testing::Test {
 protected:
  /// More than ten pieces, of three sources, for a subscription that is paused.
  std::string make_backlog(SubscriptionSettings settings) {
    const std::string id = world_.subscribe(std::move(settings));
    world_.change([&](Engine& engine) { return engine.pause(id); });
    for (int number = 0; number < rows; ++number) publish(number % 3, number);
    return id;
  }

  void publish(int source, int number) {
    ASSERT_TRUE(
        world_.publish(world_.voucher("source" + std::to_string(source), std::to_string(number))));
  }

  void resume(const std::string& id) {
    world_.change([&](Engine& engine) { return engine.resume(id); });
  }

  std::int64_t count(std::string_view which) {
    return std::stoll(world_.query("SELECT count(*) FROM deliveries WHERE " + std::string(which)));
  }
  bool busy() { return world_.query("SELECT count(*) FROM backlog_work") != "0"; }

  void expect_in_order() {
    const HubState state{.connection = world_.engine().store().connection(),
                         .now = world_.clock.wall()};
    for (const run::Finding& finding : examine_hub(state))
      if (finding.check != "refusals" && finding.check != "signed")
        EXPECT_NE(finding.verdict, run::Verdict::failure)
            << finding.check << ": " << finding.what.en;
  }

  /// Turn by turn until nothing is left of it, with a crash between two of them. Returns how many
  /// turns it took.
  int work_off() {
    int turns = 0;
    for (; busy(); ++turns) {
      expect_in_order();
      if (turns == 2) world_.crash();
      const std::string place = world_.query("SELECT MAX(place) FROM backlog_work");
      world_.turn();
      EXPECT_NE(world_.query("SELECT MAX(place) FROM backlog_work"), place);
      EXPECT_LT(turns, 100);
      if (turns >= 100) break;
    }
    expect_in_order();
    return turns;
  }

  /// Those of each source one after the other.
  void expect_delivered_in_order() {
    std::map<std::string, std::int64_t> newest;
    for (int rounds = 0; !world_.sender.requests.empty() && rounds < 10 * rows; ++rounds) {
      std::set<std::string> under_way;
      for (const AttemptRequest& request : world_.sender.requests) {
        const std::string source = source_of(request);
        EXPECT_TRUE(under_way.insert(source).second) << "two of " << source << " at once";
      }
      const AttemptRequest& first = world_.sender.requests.front();
      std::int64_t& last = newest[source_of(first)];
      EXPECT_GT(first.sequence, last);
      last = first.sequence;
      world_.answer(200);
    }
    EXPECT_EQ(count("status <> 'delivered'"), 0);
  }

  static std::string source_of(const AttemptRequest& request) {
    const std::size_t at = request.body->find("source_id\":\"");
    return request.body->substr(at + 12, 7);
  }

  static constexpr int rows = 45;
  SimulatedWorld world_{{.piece_rows = 4}};
};

TEST_F(EngineBacklogTest, OfADeletedSubscriptionIsCancelled) {
  const std::string id = make_backlog({.ordering = Ordering::source});
  world_.change([&](Engine& engine) { return engine.remove(id); });
  EXPECT_GT(count(unfinished), rows / 2) << "not all at once";
  EXPECT_GT(work_off(), 5);
  EXPECT_EQ(count("status = 'cancelled' AND due_at IS NULL AND open_key IS NULL AND finished_at "
                  "IS NOT NULL"),
            rows);
}

TEST_F(EngineBacklogTest, OfADeletedSubscriptionHoldsUpNobody) {
  const std::string id = make_backlog({});
  world_.change([&](Engine& engine) { return engine.remove(id); });
  const std::string other = world_.subscribe({});
  ASSERT_TRUE(busy());
  publish(1, 1000);
  ASSERT_EQ(world_.sender.requests.size(), 1U);
  world_.answer(200);
  EXPECT_EQ(world_.status(other, 1), "delivered");
  EXPECT_TRUE(busy());
}

TEST_F(EngineBacklogTest, IsLinedUpBeforeAnyOfItIsSent) {
  const std::string id = make_backlog({});
  world_.set(id, [](SubscriptionSettings& settings) { settings.ordering = Ordering::source; });
  resume(id);
  EXPECT_TRUE(busy());
  for (int number = 0; number < 3; ++number) {
    publish(number, 1000 + number);  // Behind what is not lined up yet.
    EXPECT_TRUE(world_.sender.requests.empty());
  }
  EXPECT_GT(work_off(), 3);
  EXPECT_EQ(count("due_at IS NOT NULL"), 3);
  expect_delivered_in_order();
}

TEST_F(EngineBacklogTest, WaitsForNothingWithoutTheOrder) {
  const std::string id = make_backlog({.ordering = Ordering::source});
  EXPECT_EQ(count("due_at IS NULL"), rows - 3);
  world_.set(id, [](SubscriptionSettings& settings) { settings.ordering = Ordering::none; });
  EXPECT_GT(work_off(), 5);
  EXPECT_EQ(count("due_at IS NULL OR open_key IS NOT NULL"), 0);
  resume(id);
  world_.answer_all(200);
  EXPECT_EQ(count("status = 'delivered'"), rows);
}

TEST_F(EngineBacklogTest, FollowsWhoeverTakesTheOrderBackAndGivesItAgain) {
  const std::string id = make_backlog({});
  for (const Ordering ordering : {Ordering::source, Ordering::none, Ordering::source}) {
    world_.set(id, [&](SubscriptionSettings& settings) { settings.ordering = ordering; });
    world_.turn();
    expect_in_order();
  }
  EXPECT_EQ(world_.query("SELECT group_concat(work) FROM backlog_work"), "begin_order");
  work_off();
  resume(id);
  expect_delivered_in_order();
}

TEST_F(EngineBacklogTest, ThatWaitedForABatchIsDueInRealtimeMode) {
  const BatchSettings nightly{.size = 100, .interval = 3600s, .at = "", .pace = 0ms};
  const std::string id = make_backlog({.mode = Mode::batch, .batch = nightly});
  world_.set(id, [](SubscriptionSettings& settings) { settings.mode = Mode::realtime; });
  EXPECT_TRUE(busy());
  resume(id);
  work_off();
  world_.pass(1s);
  world_.answer_all(200);
  EXPECT_EQ(count("status = 'delivered'"), rows);
}

TEST_F(EngineBacklogTest, ThatFilledBatchesDuringAPauseIsDueInPieces) {
  const BatchSettings nightly{.size = 5, .interval = 3600s, .at = "", .pace = 0ms};
  const std::string id = make_backlog({.mode = Mode::batch, .batch = nightly});
  const std::string waits =
      "due_at > " + std::to_string(world_.clock.wall().time_since_epoch().count());
  EXPECT_EQ(count(waits), rows);
  resume(id);
  EXPECT_GT(count(waits), rows / 2) << "not all at once";
  for (int turns = 0; turns < rows; ++turns) world_.turn();
  EXPECT_EQ(count(waits), 0);
  for (int batches = 0; batches < rows && !world_.sender.requests.empty(); ++batches)
    world_.answer(200);
  EXPECT_EQ(count("status = 'delivered'"), rows);
}

TEST_F(EngineBacklogTest, BehindParkedOnesIsLetPass) {
  const std::string id = make_backlog({.ordering = Ordering::source});
  resume(id);
  for (int source = 0; source < 3; ++source) world_.answer(422);
  EXPECT_EQ(count("status = 'parked' AND open_key IS NOT NULL"), 3);
  EXPECT_TRUE(world_.sender.requests.empty());
  world_.set(id, [](SubscriptionSettings& settings) { settings.after_parked = AfterParked::skip; });
  work_off();
  world_.pass(1s);
  EXPECT_FALSE(world_.sender.requests.empty());
  world_.answer_all(200);
  EXPECT_EQ(count("status = 'delivered'"), rows - 3);
}

// What is under way when the order begins is not lined up yet if its history is long. It blocks its
// source nevertheless once it is parked.
TEST_F(EngineBacklogTest, BehindOneThatWasUnderWayWhenTheOrderBeganWaits) {
  const std::string id = world_.subscribe({.concurrency = 1});
  const int history = 4 * 20 * 3;  // Longer than what the pieces of the first turn walk over.
  for (int number = 0; number < history; ++number) {
    publish(number % 3, number);
    world_.answer_all(200);
  }
  publish(1, 1000);
  ASSERT_EQ(world_.sender.requests.size(), 1U);
  world_.set(id, [](SubscriptionSettings& settings) { settings.ordering = Ordering::source; });
  ASSERT_TRUE(busy());
  world_.answer(422);
  EXPECT_EQ(world_.status(id, history + 1), "parked");
  publish(1, 1001);
  publish(2, 1002);
  work_off();
  world_.pass(1s);
  world_.answer_all(200);
  EXPECT_EQ(world_.status(id, history + 2), "pending") << "it waits behind the parked one";
  EXPECT_EQ(world_.status(id, history + 3), "delivered") << "another source goes on";

  world_.change([&](Engine& engine) -> Result<void> {
    EXPECT_TRUE(engine.retry({id, history + 1}).value_or(false));
    return {};
  });
  world_.answer_all(200);
  EXPECT_EQ(count("status = 'delivered'"), history + 3);
}

TEST_F(EngineBacklogTest, OfOneThatWasDeletedIsShownAsCancelled) {
  const std::string id = make_backlog({});
  world_.change([&](Engine& engine) { return engine.remove(id); });
  ASSERT_TRUE(busy());
  sql::Connection& connection = world_.engine().store().connection();
  const auto all = list_deliveries(connection, {.subscription_id = id}, std::nullopt, 1000);
  ASSERT_TRUE(all) << all.error().what.en;
  EXPECT_EQ(std::ssize(*all), rows);
  for (const ListedDelivery& one : *all)
    EXPECT_EQ(one.delivery.status, DeliveryStatus::cancelled) << one.delivery.key.text();
  for (const DeliveryFilter& filter :
       {DeliveryFilter{.status = DeliveryStatus::pending}, DeliveryFilter{.unfinished = true},
        DeliveryFilter{.status = DeliveryStatus::held}}) {
    const auto found = list_deliveries(connection, filter, std::nullopt, 1000);
    EXPECT_TRUE(found && found->empty());
  }
}

}  // namespace
}  // namespace tidemark::relay
