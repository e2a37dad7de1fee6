// The scheduler under a clock of its own: one or several hubs that die between any two steps of the
// state database, databases that go away, clocks that are set, jobs that hang, fail and do not
// listen, summer time. Whatever happens, no job and no group ever runs twice at once (the machines
// check that at each start), nothing that is due waits for ever, and a long downtime is made up for
// once.
//
// SCHEDULE_SEEDS=20000 plays more of them; SCHEDULE_SEED=17 plays one again.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "run/schedule_world.h"

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;

/// What some seconds allow; a sanitizer makes a seed twenty times as slow.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t seeds_usual = 20;
#else
constexpr std::uint64_t seeds_usual = 100;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

std::vector<Job> jobs() {
  const auto make = [](std::string name, std::string cron, std::string zone, std::string group,
                       bool gives_way, std::chrono::seconds jitter) {
    return Job{.name = std::move(name),
               .command = {"load"},
               .group = std::move(group),
               .gives_way = gives_way,
               .rule = {.cron = std::move(cron), .time_zone = std::move(zone), .jitter = jitter},
               .duration_max = 3h};
  };
  return {make("fresh", "*/30 * * * *", "Asia/Shanghai", "shop", false, 60s),
          make("rescan", "20 * * * *", "Europe/Berlin", "shop", false, 0s),
          make("night", "30 2 * * *", "Europe/Berlin", "", false, 300s),
          make("history", "10,40 * * * *", "UTC", "shop", true, 0s)};
}

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : chance_(seed ^ 0x7363686564), shared_(chance_.below(2) == 0), world_(jobs(), seed) {
    // Around the two nights on which Berlin sets its clocks.
    world_.clock.set_wall(
        WallTime(std::chrono::sys_days(chance_.below(2) == 0 ? std::chrono::year(2026) / 3 / 28
                                                             : std::chrono::year(2026) / 10 / 24)));
    for (int i = 0; i < (shared_ ? 3 : 1); ++i) hubs_.push_back(fresh_hub());
  }

  void play() {
    for (int step = 0; step < 120; ++step) {
      switch (chance_.below(12)) {
        case 0:
          world_.faults.away = chance_.below(3) == 0;
          break;
        case 1:
          world_.faults.crash_in = static_cast<int>(1 + chance_.below(40));
          break;
        case 2:
          if (chance_.below(3) == 0) replace(chance_.below(hubs_.size()));
          break;
        case 3:
          // Hubs that share a state go by its clock, which no test of theirs sets: a server whose
          // clock leaps over a lease takes it away.
          if (!shared_ && chance_.below(3) == 0) step_clock();
          break;
        case 4:
          request();
          break;
        case 5:
          toggle_pause();
          break;
        default:
          pass(std::chrono::seconds(1 + chance_.below(shared_ ? 200 : 900)));
      }
      pass(20s);
    }
  }

  void recover() {
    world_.faults = {};
    fate_ = {};
    recovering_ = true;
    for (const Job& job : jobs())
      world_.change(job.name, [](Schedule& row) { row.paused = false; });
    const WallTime since = world_.clock.wall();
    pass(30h);
    for (const Job& job : jobs()) {
      const Schedule row = world_.row(job.name);
      ASSERT_TRUE(row.last_success_at) << job.name;
      EXPECT_GT(*row.last_success_at, since) << job.name << " " << row.last_status;
      EXPECT_GT(row.next_due_at, since) << job.name;
    }
  }

 private:
  struct Fate {
    std::chrono::seconds duration{40};
    JobEnd how{};
    bool heeds = true;
  };

  ScheduleWorld::Hub fresh_hub() { return world_.hub("hub" + std::to_string(++names_), !shared_); }
  void replace(std::size_t index) {
    ScheduleWorld::crash(hubs_[index]);
    // Other hubs would not stand still for so long.
    if (!shared_ && chance_.below(4) == 0)
      world_.clock.advance(std::chrono::hours(1 + chance_.below(50)));
    hubs_[index] = fresh_hub();
  }
  /// Hubs look about every second; what matters of it is that they do within half a lease of what
  /// runs.
  void pass(std::chrono::seconds time) {
    while (time > 0s) {
      const bool idle = std::ranges::all_of(
          hubs_, [](const ScheduleWorld::Hub& hub) { return hub.scheduler->idle(); });
      const std::chrono::seconds step = std::min(time, idle ? 300s : 20s);
      world_.clock.advance(step);
      turn_all();
      time -= step;
    }
  }
  void turn_all() {
    for (std::size_t i = 0; i < hubs_.size(); ++i) {
      if (chance_.below(20) == 0) draw_fate();
      SimulatedMachine& machine = *hubs_[i].machine;
      machine.duration = fate_.duration;
      machine.how = fate_.how;
      machine.heeds = fate_.heeds;
      try {
        static_cast<void>(hubs_[i].scheduler->turn());
      } catch (const Crash&) {
        replace(i);
      }
    }
  }
  void draw_fate() {
    if (recovering_) return;
    fate_ = {.duration = std::chrono::seconds(1 + chance_.below(2000)),
             .how = {.exit_code = chance_.below(3) == 0 ? 75 : 0},
             .heeds = chance_.below(4) != 0};
    if (chance_.below(10) == 0) fate_.duration = 100h;
  }
  void step_clock() {
    const auto step = std::chrono::seconds(chance_.below(7200));
    world_.clock.set_wall(world_.clock.wall() + (chance_.below(2) == 0 ? step : -step));
  }
  void request() {
    world_.change(any_job(), [&](Schedule& row) { row.requested_at = world_.clock.wall(); });
  }
  void toggle_pause() {
    world_.change(any_job(), [](Schedule& row) { row.paused = !row.paused; });
  }
  std::string any_job() { return jobs()[chance_.below(jobs().size())].name; }

  SeededRandom chance_;
  const bool shared_;
  ScheduleWorld world_;
  std::vector<ScheduleWorld::Hub> hubs_;
  Fate fate_;  ///< Of processes that are begun next.
  bool recovering_ = false;
  int names_ = 0;
};

void play(std::uint64_t seed) {
  SCOPED_TRACE("SCHEDULE_SEED=" + std::to_string(seed));
  Simulation simulation(seed);
  simulation.play();
  simulation.recover();
}

TEST(ScheduleSimulation, NothingRunsTwiceAndNothingIsForgotten) {
  if (const std::uint64_t seed = number_from("SCHEDULE_SEED", 0)) return play(seed);
  configure_log({.level = LogLevel::error});
  const std::uint64_t seeds = number_from("SCHEDULE_SEEDS", seeds_usual);
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) play(seed);
  configure_log({});
}

}  // namespace
}  // namespace tidemark::run
