// The relay under a clock of its own: slow, dead and flapping endpoints, repeated publications,
// steps of the clock, crashes between any two steps, people who pause and change subscriptions.
// Whatever happens, every event that was acknowledged ends delivered or parked with a reason, and
// order is kept where it was asked for.
//
// RELAY_SEEDS=5000 plays more of them; RELAY_SEED=17 plays one again.

#include <gtest/gtest.h>

#include <algorithm>

#include "relay/simulated_world.h"
#include "relay/simulation_seeds.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : world_({.window_max = 1 + SeededRandom(seed).below(32),
                .piece_rows = static_cast<std::int64_t>(1 + SeededRandom(seed).below(5)),
                .gather = seed % 2 == 0},
               seed),
        chance_(seed ^ 0x7469646d) {
    for (int i = 0; i < 3; ++i) {
      SubscriptionSettings settings;
      settings.concurrency = static_cast<std::int64_t>(1 + chance_.below(8));
      settings.ordering = chance_.below(2) == 0 ? Ordering::source : Ordering::none;
      settings.after_parked = chance_.below(2) == 0 ? AfterParked::block : AfterParked::skip;
      if (chance_.below(4) == 0) settings.rate_limit = 5;
      if (chance_.below(5) == 0) {
        settings.mode = Mode::batch;
        settings.batch = {.size = 3, .interval = 30s, .at = "", .pace = 100ms};
        settings.ordering = Ordering::none;
      }
      endpoints_.push_back({.id = world_.subscribe(settings), .settings = settings});
    }
  }

  void play() {
    for (int step = 0; step < 150; ++step) {
      switch (chance_.below(11)) {
        case 0:
        case 1:
        case 2:
          publish();
          break;
        case 3:
          world_.pass(std::chrono::milliseconds(chance_.below(3000)));
          break;
        case 4:
          if (chance_.below(4) == 0) world_.crash();
          break;
        case 5:
          if (chance_.below(6) == 0) step_clock();
          break;
        case 7:
          if (chance_.below(3) == 0) change_subscription();
          break;
        case 6:
          if (chance_.below(4) == 0) send_again();
          endpoints_[chance_.below(endpoints_.size())].health = static_cast<int>(chance_.below(4));
          break;
        default:
          answer();
      }
    }
    recover();
  }

  void check() {
    EXPECT_EQ(world_.query("SELECT count(*) FROM deliveries WHERE status NOT IN ('delivered', "
                           "'parked')"),
              "0");
    EXPECT_EQ(world_.query("SELECT count(*) FROM deliveries WHERE status = 'parked' AND "
                           "last_error = ''"),
              "0");
    EXPECT_EQ(world_.query("SELECT count(*) FROM deliveries"),
              std::to_string(acknowledged_ * endpoints_.size()));
    EXPECT_EQ(world_.query("SELECT count(*) FROM (SELECT subscription_id FROM deliveries GROUP BY "
                           "subscription_id HAVING max(sequence) <> count(*)) AS x"),
              "0");
  }

 private:
  struct Endpoint {
    std::string id;
    SubscriptionSettings settings{};
    int health = 0;  ///< 0: well, 1: refuses connections, 2: fails at times, 3: refuses events.
    std::map<std::string, std::int64_t> newest{};  ///< First receipts, by source.
  };

  Publication some_voucher() {
    const std::string source = std::to_string(chance_.below(5));
    return world_.voucher(source, std::to_string(chance_.below(1000)));
  }

  /// One, or several that come at once.
  void publish() {
    std::vector<Publication> publications;
    do publications.push_back(some_voucher());
    while (chance_.below(3) == 0);
    for (const Result<Published>& published : world_.publish_all(std::move(publications))) {
      ASSERT_TRUE(published) << published.error().what.en;
      if (!published->duplicate) ++acknowledged_;
    }
  }

  /// A person has one that arrived sent again.
  void send_again() {
    const auto key = DeliveryKey::parse(world_.query(
        "SELECT subscription_id || '-' || sequence FROM deliveries WHERE status = 'delivered' "
        "ORDER BY event_id, subscription_id LIMIT 1 OFFSET " +
        std::to_string(chance_.below(20))));
    if (!key) return;
    world_.change([&](Engine& engine) -> Result<void> {
      EXPECT_TRUE(engine.retry(*key).value_or(false));
      return {};
    });
  }

  /// A person pauses or resumes a subscription, or changes what counts for what waits.
  void change_subscription() {
    Endpoint& endpoint = endpoints_[chance_.below(endpoints_.size())];
    switch (chance_.below(5)) {
      case 0:
        world_.change([&](Engine& engine) { return engine.pause(endpoint.id); });
        break;
      case 3:  // Not of those whose order is checked all along.
        if (endpoint.settings.ordering == Ordering::source) return;
        world_.set(endpoint.id, [](SubscriptionSettings& settings) {
          settings.ordering =
              settings.ordering == Ordering::source ? Ordering::none : Ordering::source;
        });
        break;
      case 1:
        world_.set(endpoint.id, [](SubscriptionSettings& settings) {
          settings.after_parked =
              settings.after_parked == AfterParked::skip ? AfterParked::block : AfterParked::skip;
        });
        break;
      case 2:
        if (endpoint.settings.ordering == Ordering::source) return;
        world_.set(endpoint.id, [](SubscriptionSettings& settings) {
          settings.mode = settings.mode == Mode::batch ? Mode::realtime : Mode::batch;
          settings.batch = {.size = 3, .interval = 30s, .at = "", .pace = 100ms};
        });
        break;
      default:
        world_.change([&](Engine& engine) { return engine.resume(endpoint.id); });
    }
  }

  void step_clock() {
    // Corrected a little, or set by hours.
    const std::chrono::seconds most = chance_.below(2) == 0 ? 60s : 8h;
    const auto by =
        std::chrono::seconds(chance_.below(static_cast<std::uint64_t>(2 * most.count()))) - most;
    world_.clock.set_wall(world_.clock.wall() + by);
    world_.turn();
  }

  Endpoint& endpoint_of(const AttemptRequest& request) {
    return *std::ranges::find(endpoints_, request.subscription->id, &Endpoint::id);
  }

  void answer() {
    if (world_.sender.requests.empty()) return;
    const AttemptRequest request = world_.sender.requests.front();
    Endpoint& endpoint = endpoint_of(request);
    switch (endpoint.health) {
      case 1:
        world_.refuse();
        return;
      case 2:
        if (chance_.below(2) == 0) {
          world_.answer(503);
          return;
        }
        break;
      case 3:
        if (chance_.below(3) == 0) {
          world_.answer(chance_.below(2) == 0 ? 400 : 422, "no");
          return;
        }
        if (request.body->starts_with("{\"events\":[")) {
          world_.answer(200, refusal_of_first(*request.body));
          return;
        }
        break;
      default:
        break;
    }
    receive(endpoint, request);
    world_.answer(200);
  }

  /// Of a batch, as a receiver that tells them apart says it.
  std::string refusal_of_first(const std::string& body) {
    const std::size_t at = body.find("msg_");
    const std::string id = body.substr(at, body.find('"', at) - at);
    const char* const codes[] = {"422", "500", "\"400\"", "\"what?\"", "0"};
    return R"({"results":[{"id":")" + id + R"(","code":)" + codes[chance_.below(5)] +
           R"(,"message":"no"}]})";
  }

  /// Order: what arrives for the first time is newer than all that arrived of its source before.
  void receive(Endpoint& endpoint, const AttemptRequest& request) {
    if (endpoint.settings.ordering != Ordering::source) return;
    const std::string& body = *request.body;
    const std::size_t at = body.find("\"source_id\":\"");
    ASSERT_NE(at, std::string::npos);
    const std::string source = body.substr(at + 13, body.find('"', at + 13) - at - 13);
    if (!seen_.insert(endpoint.id + request.webhook_id).second) return;
    std::int64_t& newest = endpoint.newest[source];
    EXPECT_GT(request.sequence, newest) << "source " << source << " out of order";
    newest = std::max(newest, request.sequence);
  }

  /// All endpoints are well again and none is paused; a person retries what is parked.
  void recover() {
    for (Endpoint& endpoint : endpoints_) {
      endpoint.health = 0;
      world_.change([&](Engine& engine) { return engine.resume(endpoint.id); });
    }
    for (int round = 0; round < 400; ++round) {
      while (!world_.sender.requests.empty()) answer();
      if (world_.query("SELECT count(*) FROM deliveries WHERE status IN ('pending', 'retrying') "
                       "AND (due_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM deliveries p WHERE "
                       "p.subscription_id = deliveries.subscription_id AND p.open_key = "
                       "deliveries.open_key AND p.sequence < deliveries.sequence AND p.status = "
                       "'parked'))") == "0") {
        if (!retry_blocking()) return;
      }
      world_.pass(10min);
    }
  }

  /// The parked ones that others wait for.
  bool retry_blocking() {
    const std::string which = world_.query(
        "SELECT subscription_id || '-' || sequence FROM deliveries WHERE status = 'parked' AND "
        "open_key IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries n WHERE n.subscription_id = "
        "deliveries.subscription_id AND n.open_key = deliveries.open_key AND n.sequence > "
        "deliveries.sequence AND n.status IN ('pending', 'retrying')) ORDER BY sequence LIMIT 1");
    const auto key = DeliveryKey::parse(which);
    if (!key) return false;
    world_.change([&](Engine& engine) -> Result<void> {
      EXPECT_TRUE(engine.retry(*key).value_or(false));
      return {};
    });
    return true;
  }

  SimulatedWorld world_;
  SeededRandom chance_;
  std::vector<Endpoint> endpoints_;
  std::set<std::string> seen_;
  std::size_t acknowledged_ = 0;
};

TEST(Simulation, NothingIsLostWhateverHappens) { play_seeds<Simulation>("RELAY", 60); }

}  // namespace
}  // namespace tidemark::relay
