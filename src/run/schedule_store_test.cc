#include "run/schedule_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/database.h"

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;

class ScheduleStoreTest : public testing_database::EachDatabase {};

WallTime at(int second) {
  return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)) +
         std::chrono::seconds(second) + std::chrono::microseconds(7);
}

TEST_P(ScheduleStoreTest, KeepsEveryField) {
  ASSERT_TRUE(register_jobs(db(), {{.name = "orders", .group = "shop", .gives_way = true}}));
  ScheduleStore store(db());
  const Schedule fresh = store.find("orders").value().value();
  EXPECT_EQ(fresh, (Schedule{.name = "orders", .group = "shop", .gives_way = true}));
  const Schedule full{.name = "orders",
                      .group = "商店",
                      .gives_way = false,
                      .paused = true,
                      .cron = "*/30 * * * *",
                      .time_zone = "Asia/Shanghai",
                      .jitter = 90s,
                      .rule = "*/30 * * * *|Asia/Shanghai|90",
                      .next_due_at = at(1),
                      .next_start_at = at(2),
                      .requested_at = at(3),
                      .again_at = at(4),
                      .again_count = 5,
                      .owner = "host/7/01",
                      .token = 1'000'000'000'000,
                      .lease_until = at(6),
                      .asked_to_yield = true,
                      .last_due_at = at(7),
                      .last_started_at = at(8),
                      .last_finished_at = at(9),
                      .last_success_at = at(10),
                      .last_status = "failed",
                      .last_error = "it's \"gone\", 没有了",
                      .last_exit_code = 75,
                      .last_missed = 11,
                      .runs = {{"failed", 2}, {"success", 40}}};
  ASSERT_TRUE(store.update(full));
  EXPECT_EQ(store.find("orders").value(), full);
  ASSERT_TRUE(db().begin(sql::Isolation::write));
  EXPECT_EQ(store.find_locked("orders").value(), full);
  EXPECT_THAT(store.all_locked().value(), testing::ElementsAre(full));
  ASSERT_TRUE(db().commit());
  EXPECT_EQ(store.find("nobody").value(), std::nullopt);
}

TEST_P(ScheduleStoreTest, RegisteringAgainChangesNothing) {
  const std::vector<Job> jobs = {{.name = "users"}, {.name = "orders"}};
  ASSERT_TRUE(register_jobs(db(), jobs));
  ScheduleStore store(db());
  Schedule users = store.find("users").value().value();
  users.paused = true;
  ASSERT_TRUE(store.update(users));
  ASSERT_TRUE(register_jobs(db(), jobs));
  EXPECT_EQ(store.all().value().size(), 2U);
  EXPECT_EQ(store.find("users").value(), users);
}

TEST_P(ScheduleStoreTest, GoesByTheServersClockWhereThereIsOne) {
  const ManualClock clock(WallTime(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)));
  const WallTime now = ScheduleStore(db()).now(clock).value();
  EXPECT_EQ(now == clock.wall(), db().dialect() == sql::Dialect::sqlite);
}

INSTANTIATE_TEST_SUITE_P(Databases, ScheduleStoreTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::run
