#include "run/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utc_text.h"
#include "run/schedule_world.h"

namespace tidemark::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

Job job(std::string name, std::string cron, std::string group = "", bool gives_way = false) {
  return {.name = name,
          .command = {"load", name},
          .group = std::move(group),
          .gives_way = gives_way,
          .rule = {.cron = std::move(cron), .time_zone = "UTC"},
          .duration_max = 2h};
}

std::string minute(const std::optional<WallTime>& time) {
  return time ? utc_text(*time, 0).substr(11, 5) : "-";
}

TEST(Scheduler, RunsAJobWhenItIsDue) {
  ScheduleWorld world({job("orders", "*/30 * * * *")});
  auto hub = world.hub("a");
  world.pass(29min, {&hub});
  EXPECT_TRUE(hub.machine->started.empty());
  world.pass(62min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 3U);
  const Schedule row = world.row("orders");
  EXPECT_EQ(minute(row.last_due_at), "01:30");
  EXPECT_EQ(minute(row.next_due_at), "02:00");
  EXPECT_EQ(row.last_missed, 0);
  EXPECT_EQ(row.runs.at("success"), 3);
}

TEST(Scheduler, NeverRunsAJobBesideItself) {
  ScheduleWorld world({job("orders", "*/30 * * * *")});
  auto hub = world.hub("a");
  hub.machine->duration = 40min;
  world.pass(3h, {&hub});  // Due 6 times; the one at each second half hour falls into a run.
  EXPECT_EQ(hub.machine->started.size(), 3U);
  EXPECT_EQ(world.row("orders").last_missed, 0);
}

TEST(Scheduler, ARunThatEndsWhileItsLeaseIsRenewedIsNotLost) {
  ScheduleWorld world({job("orders", "0 1 * * *")});
  auto hub = world.hub("a");
  hub.machine->duration = 90s;
  world.pass(61min, {&hub});
  ASSERT_EQ(hub.machine->alive(), 1U);
  world.faults.at_commit = [&] {
    world.clock.advance(40s);
    world.faults.at_commit = nullptr;
  };
  world.pass(30s, {&hub});
  EXPECT_EQ(hub.machine->alive(), 0U);
  world.pass(10min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  const Schedule row = world.row("orders");
  EXPECT_EQ(row.runs.at("success"), 1);
  EXPECT_EQ(row.runs.count("lost"), 0U);
  EXPECT_TRUE(hub.scheduler->idle());
}

TEST(Scheduler, MakesUpForADowntimeOnce) {
  ScheduleWorld world({job("orders", "*/30 * * * *")});
  auto hub = world.hub("a", true);
  world.pass(31min, {&hub});
  ScheduleWorld::crash(hub);
  world.clock.advance(24h);
  hub = world.hub("b", true);
  world.pass(10min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  EXPECT_EQ(world.row("orders").last_missed, 47);
}

TEST(Scheduler, ADeadHubsRunIsTakenOver) {
  ScheduleWorld world({job("orders", "*/30 * * * *")});
  auto a = world.hub("a");
  auto b = world.hub("b");
  a.machine->duration = 20min;
  b.machine->duration = 20min;
  world.pass(31min, {&a, &b});
  EXPECT_EQ(a.machine->started.size() + b.machine->started.size(), 1U);
  auto& owner = a.machine->started.empty() ? b : a;
  auto& other = a.machine->started.empty() ? a : b;
  ScheduleWorld::crash(owner);
  world.pass(50s, {&other});  // Its lease still holds.
  EXPECT_TRUE(other.machine->started.empty());
  world.pass(20s, {&other});
  EXPECT_EQ(other.machine->started.size(), 1U);
  EXPECT_EQ(world.row("orders").last_status, "lost");
  world.pass(20min, {&other});
  EXPECT_EQ(world.row("orders").last_status, "success");
}

TEST(Scheduler, AJobThatKillsItsHubWaitsForItsNextTime) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  std::size_t starts = 0;
  auto hub = world.hub("0", true);
  for (int life = 1; life <= 5; ++life) {
    hub.machine->duration = 1h;
    world.pass(life == 1 ? 61min : 1min, {&hub});
    starts += hub.machine->started.size();
    ScheduleWorld::crash(hub);
    hub = world.hub(std::to_string(life), true);
  }
  EXPECT_EQ(starts, 2U);
}

TEST(Scheduler, ABackfillGivesWayAndGoesOn) {
  ScheduleWorld world(
      {job("orders", "*/30 * * * *", "shop"), job("history", "10 * * * *", "shop", true)});
  auto hub = world.hub("a");
  world.pass(9min, {&hub});
  hub.machine->duration = 5h;
  world.pass(2min, {&hub});
  EXPECT_THAT(hub.machine->started, ElementsAre("history"));
  hub.machine->duration = 60s;
  world.pass(20min, {&hub});
  EXPECT_THAT(hub.machine->started, ElementsAre("history", "orders"));
  EXPECT_EQ(world.row("history").last_status, "yielded");
  hub.machine->duration = 5h;
  world.pass(1min, {&hub});
  EXPECT_THAT(hub.machine->started, ElementsAre("history", "orders", "history"));
}

TEST(Scheduler, AnotherHubsBackfillGivesWayToo) {
  ScheduleWorld world(
      {job("orders", "*/30 * * * *", "shop"), job("history", "10 * * * *", "shop", true)});
  auto a = world.hub("a");
  auto b = world.hub("b");
  a.machine->duration = 5h;
  world.pass(15min, {&a});
  EXPECT_THAT(a.machine->started, ElementsAre("history"));
  world.pass(16min, {&b, &a});
  EXPECT_EQ(a.machine->started.size() + b.machine->started.size(), 2U);
  EXPECT_EQ(world.row("history").last_status, "yielded");
}

TEST(Scheduler, ABackfillThatDoesNotListenIsKilled) {
  ScheduleWorld world(
      {job("orders", "*/30 * * * *", "shop"), job("history", "10 * * * *", "shop", true)});
  auto hub = world.hub("a");
  hub.machine->duration = 5h;
  hub.machine->heeds = false;
  world.pass(29min, {&hub});
  world.pass(2min, {&hub});
  EXPECT_EQ(world.row("history").last_status, "yielded");
  EXPECT_THAT(world.row("history").last_error, HasSubstr("killed"));
  EXPECT_THAT(hub.machine->started, ElementsAre("history", "orders"));
}

TEST(Scheduler, PausedJobsRunOnlyOnRequestAndMissNothing) {
  ScheduleWorld world({job("orders", "*/30 * * * *")});
  auto hub = world.hub("a");
  world.pass(1min, {&hub});
  world.change("orders", [](Schedule& row) { row.paused = true; });
  world.pass(2h, {&hub});
  EXPECT_TRUE(hub.machine->started.empty());
  world.change("orders", [&](Schedule& row) { row.requested_at = world.clock.wall(); });
  world.pass(1min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  world.change("orders", [](Schedule& row) { row.paused = false; });
  world.pass(5min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  world.pass(30min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 2U);
  EXPECT_EQ(world.row("orders").last_missed, 0);
}

TEST(Scheduler, ARequestDuringARunIsDoneAfterIt) {
  ScheduleWorld world({job("orders", "0 12 * * *")});
  auto hub = world.hub("a");
  world.change("orders", [&](Schedule& row) { row.requested_at = world.clock.wall(); });
  world.pass(30s, {&hub});
  world.change("orders", [&](Schedule& row) { row.requested_at = world.clock.wall(); });
  world.pass(10s, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  world.pass(10min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 2U);
}

TEST(Scheduler, AChangedRuleCountsAtOnce) {
  ScheduleWorld world({job("orders", "0 12 * * *")});
  auto hub = world.hub("a");
  world.pass(1min, {&hub});
  world.change("orders", [](Schedule& row) {
    row.cron = "*/10 * * * *";
    row.time_zone = "+05:45";
  });
  world.pass(10min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  EXPECT_EQ(minute(world.row("orders").last_due_at), "00:05");
}

TEST(Scheduler, HubsThatDisagreeAboutARuleLoseNoTime) {
  ScheduleWorld world({job("orders", "0 3 * * *")});
  auto three = world.hub("a");
  auto four = world.hub("b", {job("orders", "0 4 * * *")});
  // Either of them may be the last to look before three o'clock, and before four.
  for (std::vector<ScheduleWorld::Hub*> hubs :
       {std::vector{&three, &four}, std::vector{&four, &three}}) {
    world.pass(175min, hubs, 5min);
    world.pass(10min, hubs, 7s);
    world.pass(50min, hubs, 5min);
    world.pass(10min, hubs, 7s);
    world.pass(1195min, hubs, 5min);
  }
  EXPECT_EQ(three.machine->started.size() + four.machine->started.size(), 4U);
}

TEST(Scheduler, ARuleThatCannotBeFollowedStopsOnlyItsJob) {
  ScheduleWorld world({job("orders", "*/30 * * * *"), job("users", "*/30 * * * *")});
  world.change("orders", [](Schedule& row) { row.time_zone = "Mars/Olympus"; });
  auto hub = world.hub("a");
  world.pass(31min, {&hub});
  EXPECT_THAT(hub.machine->started, ElementsAre("users"));
}

TEST(Scheduler, JitterDelaysAStartButNotWhatIsDue) {
  Job late = job("orders", "0 * * * *");
  late.rule.jitter = 10min;
  std::set<std::string> starts;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ScheduleWorld world({late}, seed);
    auto hub = world.hub("a");
    world.pass(71min, {&hub});
    const Schedule row = world.row("orders");
    EXPECT_EQ(minute(row.last_due_at), "01:00");
    EXPECT_LE(*row.last_started_at - *row.last_due_at, 10min + 5s);
    starts.insert(minute(row.last_started_at));
  }
  EXPECT_GT(starts.size(), 4U);
}

TEST(Scheduler, AJobThatHangsIsStoppedThenKilled) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  auto hub = world.hub("a");
  hub.machine->duration = 100h;
  hub.machine->heeds = false;
  world.pass(3h, {&hub});
  EXPECT_EQ(hub.machine->alive(), 1U);
  world.pass(1min, {&hub});
  const Schedule row = world.row("orders");
  EXPECT_EQ(row.last_status, "timed_out");
  EXPECT_THAT(row.last_error, HasSubstr("longer than 7200 s"));
  EXPECT_THAT(row.last_error, HasSubstr("killed"));
}

TEST(Scheduler, FailuresAreToldAndWhatCouldDoNothingIsTriedAgain) {
  ScheduleWorld world({job("orders", "0 12 * * *")});
  auto hub = world.hub("a");
  hub.machine->how = {.exit_code = 75, .error = "the shop is away"};
  world.change("orders", [&](Schedule& row) { row.requested_at = world.clock.wall(); });
  world.pass(2h, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 4U);  // Once, and three times again.
  EXPECT_EQ(world.row("orders").last_error, "the shop is away");
  EXPECT_EQ(world.row("orders").last_exit_code, 75);
  EXPECT_FALSE(world.row("orders").last_success_at);
  hub.machine->how = {.exit_code = 3};
  world.change("orders", [&](Schedule& row) { row.requested_at = world.clock.wall(); });
  world.pass(1h, {&hub});
  EXPECT_EQ(world.row("orders").last_status, "partial");
  EXPECT_EQ(hub.machine->started.size(), 5U);
}

TEST(Scheduler, AProcessThatCannotBeMadeIsAFailure) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  auto hub = world.hub("a");
  hub.machine->refuses = true;
  world.pass(61min, {&hub});
  EXPECT_EQ(world.row("orders").last_status, "failed");
  EXPECT_EQ(world.row("orders").last_error, "no more processes");
}

TEST(Scheduler, WithoutTheStateARunEndsBeforeItsLease) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  auto a = world.hub("a");
  a.machine->duration = 1h;
  a.machine->heeds = false;
  world.pass(61min, {&a});
  EXPECT_EQ(a.machine->alive(), 1U);
  world.faults.away = true;
  world.pass(60s, {&a});
  EXPECT_EQ(a.machine->alive(), 0U);
  world.faults.away = false;
  world.pass(10s, {&a});
  EXPECT_EQ(world.row("orders").runs.at("lost"), 1);
  EXPECT_EQ(a.machine->started.size(), 2U);  // It goes on.
}

TEST(Scheduler, StoppingAsksWhatRunsAndAnotherHubGoesOn) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  auto a = world.hub("a");
  a.machine->duration = 1h;
  world.pass(61min, {&a});
  a.scheduler->begin_stop();
  EXPECT_TRUE(a.scheduler->turn());
  EXPECT_TRUE(a.scheduler->idle());
  EXPECT_EQ(world.row("orders").last_status, "stopped");
  auto b = world.hub("b");
  world.pass(5s, {&b});
  EXPECT_EQ(b.machine->started.size(), 1U);
}

TEST(Scheduler, ADisabledJobIsLeftToOthers) {
  Job off = job("orders", "*/30 * * * *");
  off.enabled = false;
  ScheduleWorld world({off});
  auto hub = world.hub("a");
  world.pass(2h, {&hub});
  EXPECT_TRUE(hub.machine->started.empty());
  EXPECT_FALSE(world.row("orders").next_due_at);
}

TEST(Scheduler, AClockThatIsSetBackALittleRunsNothingTwice) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  auto hub = world.hub("a");
  world.pass(62min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  world.clock.set_wall(world.clock.wall() - 10min);
  world.pass(30min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
}

TEST(Scheduler, AClockThatWasYearsAheadDoesNotStopAJobForYears) {
  ScheduleWorld world({job("orders", "0 * * * *")});
  auto hub = world.hub("a");
  const WallTime right = world.clock.wall();
  world.clock.set_wall(right + std::chrono::days(3650));
  world.pass(62min, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 1U);
  world.clock.set_wall(right + 62min);
  world.pass(2h, {&hub});
  EXPECT_EQ(hub.machine->started.size(), 3U);
}

}  // namespace
}  // namespace tidemark::run
