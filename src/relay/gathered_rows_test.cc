#include "relay/gathered_rows.h"

#include <gtest/gtest.h>

#include "relay/simulated_world.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// Engines that write a turn's rows together, on a state that has no server: what comes out must be
/// the same.
class Gathering : public ::testing::Test {
 protected:
  SimulatedWorld world{{.gather = true}};
};

TEST_F(Gathering, WritesEverythingOfATurn) {
  const std::string id = world.subscribe({});
  const auto published =
      world.publish_all({world.voucher("1"), world.voucher("2"), world.voucher("3")});
  ASSERT_EQ(published.size(), 3U);
  for (const auto& one : published) EXPECT_EQ(one.value().deliveries, 1);
  EXPECT_EQ(world.query("SELECT group_concat(source_id || '/' || source_version) FROM events"),
            "1/1,2/1,3/1");
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'pending' AND "
                        "due_at = created_at AND attempts = 0"),
            "3");
  world.clock.advance(1s);
  EXPECT_EQ(world.answer_all_now(200), 3U);
  EXPECT_EQ(world.query("SELECT count(*) FROM deliveries WHERE status = 'delivered' AND "
                        "attempts = 1 AND due_at IS NULL AND last_status_code = 200 AND "
                        "started_at = finished_at AND finished_at > created_at"),
            "3");
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts WHERE attempt = 1 AND status_code = 200"),
            "3");
}

TEST_F(Gathering, SeesWhatTheSameTurnPublished) {
  world.subscribe({});
  const auto published = world.publish_all({world.voucher("1", "10"), world.voucher("1", "10"),
                                            world.voucher("1", "20"), world.voucher("2", "5"),
                                            world.voucher("1", "20")});
  ASSERT_EQ(published.size(), 5U);
  EXPECT_EQ(published[0].value().source_version, 1);
  EXPECT_TRUE(published[1].value().duplicate);
  EXPECT_EQ(published[1].value().event_id, published[0].value().event_id);
  EXPECT_EQ(published[1].value().deliveries, 1);
  EXPECT_EQ(published[2].value().source_version, 2);
  EXPECT_EQ(published[2].value().voucher_id, published[0].value().voucher_id);
  EXPECT_TRUE(published[4].value().duplicate);
  EXPECT_EQ(published[4].value().event_id, published[2].value().event_id);
  EXPECT_EQ(world.query("SELECT group_concat(source_id || '/' || source_version) FROM (SELECT * "
                        "FROM events ORDER BY source_id, source_version) AS e"),
            "1/1,1/2,2/1");
}

TEST_F(Gathering, KeepsTheOrderOfASource) {
  const std::string id = world.subscribe({.ordering = Ordering::source});
  ASSERT_EQ(world.publish_all({world.voucher("1", "10"), world.voucher("1", "20")}).size(), 2U);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 1);
  world.answer(200);
  ASSERT_EQ(world.sender.requests.size(), 1U);
  EXPECT_EQ(world.sender.requests.front().sequence, 2);
  world.answer(200);
  EXPECT_EQ(world.status(id, 2), "delivered");
}

TEST_F(Gathering, CountsAttemptsOfWhatWasCancelledMeanwhile) {
  const std::string id = world.subscribe({});
  ASSERT_EQ(world.publish_all({world.voucher("1"), world.voucher("2")}).size(), 2U);
  world.change([&](Engine& engine) -> Result<void> {
    EXPECT_TRUE(engine.cancel({id, 1}).value_or(false));
    return {};
  });
  EXPECT_EQ(world.answer_all_now(200), 2U);
  EXPECT_EQ(world.status(id, 1), "cancelled");
  EXPECT_EQ(world.status(id, 2), "delivered");
  EXPECT_EQ(world.query("SELECT group_concat(attempts) FROM deliveries"), "1,1");
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts"), "2");
}

TEST_F(Gathering, OneThatCannotBeStoredHarmsNobody) {
  world.subscribe({});
  ASSERT_TRUE(world.publish(world.voucher("1", "10")));
  Publication conflict = world.voucher("1", "20");
  conflict.source_version = 1;
  const auto published =
      world.publish_all({world.voucher("2"), std::move(conflict), world.voucher("3")});
  ASSERT_EQ(published.size(), 3U);
  EXPECT_TRUE(published[0]);
  EXPECT_FALSE(published[1]);
  EXPECT_TRUE(published[2]);
  EXPECT_EQ(world.query("SELECT count(*) FROM events"), "3");
}

TEST(GatheredRows, WriteAnAttemptOnceAndMoreThanOneStatementTakes) {
  SimulatedWorld world;
  GatheredRows rows;
  sql::Connection& connection = world.engine().store().connection();
  for (int pass = 0; pass < 2; ++pass) {
    for (std::int64_t sequence = 1; sequence <= 700; ++sequence)
      rows.add_attempt(values(std::string("sub"), sequence, std::int64_t{1}, std::int64_t{5},
                              std::int64_t{7}, sql::Value{}, std::string("HTTP_503"), std::string(),
                              std::string()));
    const Result<void> written = rows.write(connection);
    ASSERT_TRUE(written) << written.error().what.en;
    EXPECT_TRUE(rows.empty());
  }
  EXPECT_EQ(world.query("SELECT count(*) FROM attempts"), "700");
}

}  // namespace
}  // namespace tidemark::relay
