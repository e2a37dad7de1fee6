#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "relay/engine.h"
#include "relay/event_id.h"
#include "relay/faulty_connection.h"
#include "relay/secret_box.h"
#include "run/state_database.h"
#include "sql/rows.h"
#include "tests/temporary_folder.h"

// For tests: several hubs on one state, each with a clock of its own, and the network between them
// and the receivers. All of it on one thread, and moved by the test.
namespace tidemark::relay {

/// One that takes every event.
inline Subscription new_subscription(WallTime now, Random& random,
                                     const SubscriptionSettings& settings) {
  return {.id = make_subscription_id(now, random),
          .name = "tax",
          .target_system = "tax",
          .url = "https://tax.example.com/hook",
          .event_types = {"*"},
          .settings = settings,
          .secrets = {{.text = "secret"}},
          .state_since = now,
          .created_at = now,
          .updated_at = now};
}

class SimulatedHubs {
 public:
  /// A request on its way to a receiver, or back.
  struct Flight {
    std::size_t hub = 0;
    int life = 0;  ///< Of the hub: an answer that comes after its death is lost.
    AttemptRequest request;
    std::move_only_function<void(AttemptResult)> done;
    WallTime started_at{};   ///< By the hub's clock.
    SteadyTime deadline{};   ///< By the time that passes.
    bool arrived = false;    ///< The receiver has dealt with it.
    AttemptResult answer{};  ///< Then: what it said.
  };

  SimulatedHubs(std::size_t count, EngineOptions options, std::uint64_t seed)
      : chance_(seed ^ 0x68756273), options_(std::move(options)) {
    for (std::size_t i = 0; i < count; ++i) hubs_.push_back(std::make_unique<Hub>(*this, i, seed));
    for (const auto& hub : hubs_) open(*hub);
  }

  [[nodiscard]] std::size_t size() const { return hubs_.size(); }
  [[nodiscard]] Engine& engine(std::size_t hub) { return *hubs_[hub]->engine; }
  [[nodiscard]] WallTime wall(std::size_t hub) const { return hubs_[hub]->clock.wall(); }
  /// Does it take part? It does not while it stands still or its machine sleeps.
  [[nodiscard]] bool runs(std::size_t hub) const { return hubs_[hub]->state == State::running; }
  [[nodiscard]] std::vector<Flight>& flights() { return flights_; }

  /// What comes in at a hub. False when it died of it: nobody got an answer who did not get it
  /// before.
  bool turn(std::size_t index, Engine::Turn turn = {}) {
    Hub& hub = *hubs_[index];
    EXPECT_EQ(hub.state, State::running);
    turn.attempts = std::exchange(hub.done, {});
    try {
      hub.engine->turn(std::move(turn));
      return true;
    } catch (const Crash&) {
      crash(index);
      return false;
    }
  }

  /// False when the hub died of it, or refused it.
  bool change(std::size_t index, std::move_only_function<Result<void>(Engine&)> work) {
    bool done = false;
    Engine::Turn turn;
    turn.changes.push_back({.work = std::move(work), .answer = [&done](const Result<void>& answer) {
                              done = answer.has_value();
                            }});
    return this->turn(index, std::move(turn)) && done;
  }

  void plan(std::size_t hub, Fault fault) { hubs_[hub]->faults.plan(fault); }
  /// It dies between two steps, and another process comes in its place.
  void crash(std::size_t index) {
    Hub& hub = *hubs_[index];
    hub.faults.clear();
    hub.engine.reset();
    hub.store.reset();
    hub.done.clear();
    hub.state = State::running;
    ++hub.life;
    open(hub);
  }
  /// Time passes, and the hub does nothing (its process is stopped), or does not even know of it
  /// (its machine sleeps: the steady clock stands still).
  void stop(std::size_t hub) { hubs_[hub]->state = State::stopped; }
  void sleep(std::size_t hub) { hubs_[hub]->state = State::asleep; }
  void wake(std::size_t index) {
    Hub& hub = *hubs_[index];
    if (hub.state == State::running) return;
    hub.state = State::running;
    expire();
    turn(index);
  }
  void step_clock(std::size_t hub, std::chrono::microseconds by) {
    hubs_[hub]->clock.set_wall(hubs_[hub]->clock.wall() + by);
  }
  /// All clocks are right, all hubs run, nothing fails any more.
  void mend() {
    for (std::size_t i = 0; i < hubs_.size(); ++i) {
      hubs_[i]->faults.clear();
      hubs_[i]->clock.set_wall(server_.wall());
      wake(i);
    }
  }

  /// What becomes due meanwhile happens when it is due.
  void pass(std::chrono::microseconds time) {
    constexpr std::chrono::microseconds shortest{1'000};
    while (time.count() > 0) {
      std::chrono::microseconds step = time;
      for (const auto& hub : hubs_)
        if (const auto next =
                hub->state == State::running ? hub->engine->next_wake() : std::optional<WallTime>())
          step = std::min(step, std::max(shortest, *next - hub->clock.wall()));
      for (const Flight& flight : flights_)
        step = std::min(step, std::max(shortest, std::chrono::ceil<std::chrono::microseconds>(
                                                     flight.deadline - server_.steady())));
      step = std::min(step, time);
      advance(step);
      time -= step;
      expire();
      turn_those_due();
    }
  }
  /// Time passes while nobody does anything.
  void skip(std::chrono::microseconds time) {
    advance(time);
    expire();
    turn_those_due();
  }

  /// The receiver has dealt with it. The hub hears of it with hear(), or, when the answer is lost,
  /// at its timeout.
  void hear(std::size_t flight) {
    Flight one = std::move(flights_[flight]);
    flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(flight));
    Hub& hub = *hubs_[one.hub];
    if (one.life != hub.life) return;
    one.answer.started_at = one.started_at;
    one.done(std::move(one.answer));
    if (hub.state == State::running) turn(one.hub);
  }

  std::string query(std::string_view sql, const sql::Values& params = {}) {
    const auto value = sql::query_value(*reader_, sql, params);
    EXPECT_TRUE(value) << value.error().what.en;
    return value && *value ? **value : "";
  }

 private:
  enum class State { running, stopped, asleep };

  struct Hub;
  class HubSender final : public Sender {
   public:
    HubSender(SimulatedHubs& world, Hub& hub) : world_(world), hub_(hub) {}
    void send(AttemptRequest request, std::move_only_function<void(AttemptResult)> done) override {
      world_.take_off(hub_, std::move(request), std::move(done));
    }

   private:
    SimulatedHubs& world_;
    Hub& hub_;
  };

  struct Hub {
    Hub(SimulatedHubs& world, std::size_t at, std::uint64_t seed)
        : index(at),
          random(seed * 8 + at),
          faults(
              [&world] {
                world.advance(std::chrono::milliseconds(world.chance_.below(slow_ms_max)));
              },
              [&world, this](bool others_wait) { world.nap(*this, others_wait); }),
          sender(world, *this) {}
    std::size_t index;
    ManualClock clock{begin};
    SeededRandom random;
    Faults faults;
    HubSender sender;
    std::unique_ptr<Store> store;
    std::unique_ptr<Engine> engine;
    std::vector<AttemptDone> done;
    int life = 0;
    State state = State::running;
  };

  static constexpr WallTime begin{std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)};
  /// Below the limit of a statement, 5 s.
  static constexpr std::uint64_t slow_ms_max = 4'500;
  /// Twice a lease.
  static constexpr std::uint64_t nap_ms_max = 40'000;

  void open(Hub& hub) {
    auto box = SecretBox::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    ASSERT_TRUE(box);
    sql::Url url;
    url.path = (folder_.path() / "state.db").string();
    auto connect = [&hub](const sql::Url& to) -> Result<std::unique_ptr<sql::Connection>> {
      auto inner = run::open_shared_state(to);
      if (!inner) return inner;
      // A power cut is not simulated, so no commit need wait for the disk.
      if (auto set = (*inner)->execute("PRAGMA synchronous=OFF"); !set) return fail(set.error());
      return std::make_unique<FaultyConnection>(std::move(*inner), hub.faults);
    };
    auto store = Store::open(url, *box, {.connect = connect, .server_clock = &server_});
    ASSERT_TRUE(store) << store.error().what.en;
    hub.store = std::move(*store);
    if (!reader_) {
      auto reader = run::open_shared_state(url);
      ASSERT_TRUE(reader) << reader.error().what.en;
      reader_ = std::move(*reader);
    }
    hub.engine =
        std::make_unique<Engine>(*hub.store, hub.sender, hub.clock, hub.random, options_,
                                 [&hub](AttemptDone done) { hub.done.push_back(std::move(done)); });
    const Result<void> started = hub.engine->start();
    ASSERT_TRUE(started) << started.error().what.en;
  }

  void take_off(Hub& hub, AttemptRequest request,
                std::move_only_function<void(AttemptResult)> done) {
    hub.faults.request();
    for (const Flight& other : flights_)
      if ((other.hub != hub.index || other.life != hub.life) &&
          other.request.subscription->id == request.subscription->id)
        ADD_FAILURE() << "hub " << hub.index << " sends " << request.delivery_id
                      << " while the request " << other.request.delivery_id << " of hub "
                      << other.hub << " is under way";
    flights_.push_back({.hub = hub.index,
                        .life = hub.life,
                        .request = std::move(request),
                        .done = std::move(done),
                        .started_at = hub.clock.wall()});
    flights_.back().deadline = server_.steady() + flights_.back().request.timeout;
  }

  void advance(std::chrono::microseconds by) {
    server_.advance(by);
    for (const auto& hub : hubs_)
      if (hub->state == State::asleep)
        hub->clock.set_wall(hub->clock.wall() + by);
      else
        hub->clock.advance(by);
  }

  /// Its machine sleeps in the middle of a step, while the others go on.
  void nap(Hub& hub, bool others_wait) {
    hub.state = State::asleep;
    const std::chrono::milliseconds time(chance_.below(nap_ms_max));
    if (others_wait)
      advance(time);
    else
      pass(time);
    expire();
    hub.state = State::running;
  }

  /// Requests whose time is over.
  void expire() {
    for (std::size_t i = 0; i < flights_.size();) {
      if (flights_[i].deadline > server_.steady()) {
        ++i;
        continue;
      }
      flights_[i].answer = {.error_code = "ETIMEDOUT", .message = "timed out"};
      Hub& hub = *hubs_[flights_[i].hub];
      Flight one = std::move(flights_[i]);
      flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(i));
      if (one.life != hub.life) continue;
      one.answer.started_at = one.started_at;
      one.done(std::move(one.answer));
    }
  }

  void turn_those_due() {
    const std::size_t first = chance_.below(hubs_.size());
    for (std::size_t i = 0; i < hubs_.size(); ++i) {
      const std::size_t index = (first + i) % hubs_.size();
      Hub& hub = *hubs_[index];
      if (hub.state != State::running) continue;
      const auto next = hub.engine->next_wake();
      if (!hub.done.empty() || (next && *next <= hub.clock.wall())) turn(index);
    }
  }

  TemporaryFolder folder_;
  SeededRandom chance_;
  const EngineOptions options_;
  ManualClock server_{begin};
  std::vector<std::unique_ptr<Hub>> hubs_;
  std::vector<Flight> flights_;
  std::unique_ptr<sql::Connection> reader_;
};

}  // namespace tidemark::relay
