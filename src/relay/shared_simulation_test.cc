// Hubs that share a state, under clocks of their own: each dies between any two steps, stands still
// until its leases are over, sleeps in the middle of a call of the database while the others go on,
// loses its connection or a transaction, and has its clock set;
// endpoints are slow, dead or flapping, their answers get lost; the same is published to several
// hubs. Whatever happens, one hub at a time sends for a subscription, what was acknowledged ends
// delivered or parked with a reason, nothing counts as delivered that no receiver took, and order
// is kept where it was asked for.
//
// RELAY_SHARED_SEEDS=5000 plays more of them; RELAY_SHARED_SEED=17 plays one again.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "relay/simulated_hubs.h"
#include "relay/simulation_seeds.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// `"name":"…"` in a body.
std::string member(const std::string& body, std::string_view name) {
  const std::string head = "\"" + std::string(name) + "\":\"";
  const std::size_t at = body.find(head);
  if (at == std::string::npos) return "";
  const std::size_t from = at + head.size();
  return body.substr(from, body.find('"', from) - from);
}

class SharedSimulation {
 public:
  explicit SharedSimulation(std::uint64_t seed)
      : chance_(seed ^ 0x7368617265), hubs_(2 + seed % 5 / 4, options(seed), seed) {
    for (int i = 0; i < 3; ++i) subscribe();
  }

  void play() {
    for (int step = 0; step < 120 && !testing::Test::HasFailure(); ++step) {
      switch (chance_.below(14)) {
        case 0:
        case 1:
        case 2:
          publish();
          break;
        case 3:
        case 4:
          hubs_.pass(std::chrono::milliseconds(chance_.below(3'000)));
          break;
        case 5:
          if (chance_.below(4) == 0) hubs_.pass(std::chrono::seconds(chance_.below(60)));
          break;
        case 6:
          if (chance_.below(2) == 0) plan_fault();
          break;
        case 7:
          if (chance_.below(5) == 0) hubs_.crash(chance_.below(hubs_.size()));
          break;
        case 8:
          stand_still();
          break;
        case 9:
          if (chance_.below(5) == 0) step_clock();
          break;
        case 10:
          some_endpoint().health = static_cast<Health>(chance_.below(6));
          break;
        case 11:
          if (chance_.below(3) == 0) intervene();
          break;
        default:
          arrive();
      }
    }
    recover();
  }

  void check() {
    EXPECT_EQ(hubs_.query("SELECT count(*) FROM deliveries WHERE status NOT IN ('delivered', "
                          "'parked')"),
              "0");
    EXPECT_EQ(hubs_.query("SELECT count(*) FROM deliveries WHERE status = 'parked' AND "
                          "last_error = ''"),
              "0");
    EXPECT_EQ(hubs_.query("SELECT count(*) FROM (SELECT subscription_id FROM deliveries GROUP BY "
                          "subscription_id HAVING max(sequence) <> count(*)) AS x"),
              "0");
    // Receivers apply what has a higher version than what they have: it must not come before.
    EXPECT_EQ(hubs_.query("SELECT count(*) FROM deliveries d JOIN events e ON e.event_id = "
                          "d.event_id JOIN deliveries n ON n.subscription_id = d.subscription_id "
                          "AND n.sequence > d.sequence JOIN events l ON l.event_id = n.event_id "
                          "WHERE l.source_id = e.source_id AND l.source_version <= "
                          "e.source_version"),
              "0");
    EXPECT_EQ(hubs_.query("SELECT count(*) FROM (SELECT source_id FROM events GROUP BY source_id "
                          "HAVING max(source_version) <> count(*)) AS x"),
              "0");
    // An outcome is written by the hub that holds the lease, once.
    EXPECT_EQ(hubs_.query("SELECT count(*) FROM deliveries d WHERE attempts <> (SELECT count(*) "
                          "FROM attempts a WHERE a.subscription_id = d.subscription_id AND "
                          "a.sequence = d.sequence)"),
              "0");
    for (const Endpoint& endpoint : endpoints_)
      for (const std::string& event : acknowledged_) {
        const std::string status =
            hubs_.query("SELECT status FROM deliveries WHERE event_id = ? AND subscription_id = ?",
                        sql::Values{event, endpoint.id});
        EXPECT_NE(status, "") << event << " is not for " << endpoint.id;
        if (status == "delivered") {
          EXPECT_TRUE(endpoint.taken.contains(event)) << event;
        } else {
          EXPECT_TRUE(endpoint.refused.contains(event)) << event;
        }
      }
  }

 private:
  enum class Health {
    well,
    refuses_connections,
    fails_at_times,
    refuses_events,
    answers_get_lost,
    hangs
  };
  struct Endpoint {
    std::string id;
    SubscriptionSettings settings{};
    Health health = Health::well;
    std::map<std::string, std::int64_t> newest{};  ///< First receipts, by source.
    std::set<std::string> taken{};                 ///< Event ids that were answered with 2xx.
    std::set<std::string> refused{};
  };

  static EngineOptions options(std::uint64_t seed) {
    SeededRandom chance(seed);
    EngineOptions options{.window_max = 1 + chance.below(32),
                          .piece_rows = static_cast<std::int64_t>(1 + chance.below(5)),
                          .gather = seed % 2 == 0};
    constexpr std::array intervals = {250ms, 1'000ms, 5'000ms};
    options.poll_interval = intervals[chance.below(intervals.size())];
    return options;
  }

  void subscribe() {
    SubscriptionSettings settings;
    settings.concurrency = static_cast<std::int64_t>(1 + chance_.below(8));
    settings.ordering = chance_.below(3) == 0 ? Ordering::none : Ordering::source;
    settings.after_parked = chance_.below(2) == 0 ? AfterParked::block : AfterParked::skip;
    // Some requests may take longer than a lease of the usual length allows.
    if (chance_.below(3) == 0) settings.fast_timeout = 25s;
    if (chance_.below(4) == 0) settings.rate_limit = 5;
    if (chance_.below(5) == 0) {
      settings.mode = Mode::batch;
      settings.batch = {.size = 3, .interval = 30s, .at = "", .pace = 100ms};
      settings.ordering = Ordering::none;
    }
    const WallTime now = hubs_.wall(0);
    const Subscription subscription = new_subscription(now, chance_, settings);
    endpoints_.push_back({.id = subscription.id, .settings = settings});
    ASSERT_TRUE(hubs_.change(0, [&](Engine& engine) { return engine.add(subscription); }));
  }

  Endpoint& some_endpoint() { return endpoints_[chance_.below(endpoints_.size())]; }
  std::optional<std::size_t> some_hub() {
    const std::size_t hub = chance_.below(hubs_.size());
    return hubs_.runs(hub) ? std::optional(hub) : std::nullopt;
  }

  /// To one hub, and, when there is no answer or out of caution, the same to another.
  void publish() {
    std::vector<Publication> publications;
    do {
      const std::string source = std::to_string(chance_.below(5));
      const std::string amount = std::to_string(chance_.below(1'000));
      publications.push_back({.event_type = chance_.below(2) == 0 ? "l1_confirmed" : "l1_changed",
                              .source_system = "settlement",
                              .source_type = "purchase_goods",
                              .source_id = source,
                              .is_voucher = true,
                              .data = R"({"amount":)" + amount + "}",
                              .fields = R"("source_id":")" + source + "\"",
                              .content_hash = amount});
    } while (chance_.below(3) == 0);
    const std::string key = chance_.below(3) == 0 ? "key" + std::to_string(++keys_) : "";
    std::vector<std::string> answers(publications.size());
    for (int tries = 0; tries < 3; ++tries) {
      const std::optional<std::size_t> hub = some_hub();
      if (!hub) continue;
      Engine::Turn turn;
      for (std::size_t i = 0; i < publications.size(); ++i)
        turn.publishes.push_back(
            {.request = {.publication = publications[i],
                         .idempotency_key = key.empty() ? "" : key + "." + std::to_string(i),
                         .request_hash = "h"},
             .answer = [&, i](const Result<Published>& published) {
               // Not durable, not taken: the publisher comes again.
               if (!published) return;
               EXPECT_TRUE(acknowledged_.contains(published->event_id) || !published->duplicate ||
                           tries > 0 || crashed_)
                   << "a duplicate of nothing";
               // Under a key, the same answer, whatever was published in between.
               if (!key.empty() && !answers[i].empty())
                 EXPECT_EQ(answers[i], published->event_id) << key;
               answers[i] = published->event_id;
               acknowledged_.insert(published->event_id);
             }});
      if (!hubs_.turn(*hub, std::move(turn))) crashed_ = true;
      const bool answered = std::ranges::none_of(answers, &std::string::empty);
      if (answered && chance_.below(3) != 0) return;
      if (!answered) crashed_ = true;
    }
  }

  void plan_fault() {
    hubs_.plan(chance_.below(hubs_.size()),
               {.kind = static_cast<Fault::Kind>(chance_.below(5)),
                .steps = chance_.below(chance_.below(2) == 0 ? 10 : 100),
                .times = 1 + chance_.below(4),
                .after = chance_.below(2) == 0});
    crashed_ = true;  // From now on something may be there that nobody was told of.
  }

  /// A hub stands still, for a moment or so long that another takes over; or is there again.
  void stand_still() {
    const std::size_t hub = chance_.below(hubs_.size());
    if (!hubs_.runs(hub))
      hubs_.wake(hub);
    else if (chance_.below(4) == 0)
      hubs_.sleep(hub);
    else if (chance_.below(3) == 0)
      hubs_.stop(hub);
  }

  void step_clock() {
    const std::chrono::seconds most = chance_.below(2) == 0 ? 60s : 8h;
    const auto by =
        std::chrono::seconds(chance_.below(static_cast<std::uint64_t>(2 * most.count()))) - most;
    hubs_.step_clock(chance_.below(hubs_.size()), by);
  }

  /// A person, at one of the hubs.
  void intervene() {
    const std::optional<std::size_t> hub = some_hub();
    if (!hub) return;
    const Endpoint& endpoint = some_endpoint();
    switch (chance_.below(5)) {
      case 0:
        hubs_.change(*hub, [&](Engine& engine) { return engine.pause(endpoint.id); });
        break;
      case 1:
        set(*hub, endpoint, [](SubscriptionSettings& settings) {
          settings.after_parked =
              settings.after_parked == AfterParked::skip ? AfterParked::block : AfterParked::skip;
        });
        break;
      case 2:
        if (endpoint.settings.ordering == Ordering::source) return;
        set(*hub, endpoint, [](SubscriptionSettings& settings) {
          settings.mode = settings.mode == Mode::batch ? Mode::realtime : Mode::batch;
          settings.batch = {.size = 3, .interval = 30s, .at = "", .pace = 100ms};
        });
        break;
      case 3: {
        const auto key = DeliveryKey::parse(hubs_.query(
            "SELECT subscription_id || '-' || sequence FROM deliveries WHERE status = 'delivered' "
            "ORDER BY event_id, subscription_id LIMIT 1 OFFSET " +
            std::to_string(chance_.below(20))));
        if (!key) return;
        hubs_.change(*hub, [key](Engine& engine) -> Result<void> {
          const Result<bool> again = engine.retry(*key);
          if (!again) return fail(again.error());
          return {};
        });
        break;
      }
      default:
        hubs_.change(*hub, [&](Engine& engine) { return engine.resume(endpoint.id); });
    }
  }

  void set(std::size_t hub, const Endpoint& endpoint,
           const std::function<void(SubscriptionSettings&)>& set) {
    hubs_.change(hub, [&](Engine& engine) {
      Subscription changed = *engine.subscription(endpoint.id);
      set(changed.settings);
      return engine.replace(std::move(changed));
    });
  }

  /// A request comes to its receiver, or an answer back to its hub.
  void arrive() {
    auto& flights = hubs_.flights();
    if (flights.empty()) return;
    const std::size_t at = chance_.below(flights.size());
    SimulatedHubs::Flight& flight = flights[at];
    if (flight.arrived) {
      // Once lost, it stays so.
      if (flight.answer.error_code != "LOST") hubs_.hear(at);
      return;
    }
    Endpoint& endpoint =
        *std::ranges::find(endpoints_, flight.request.subscription->id, &Endpoint::id);
    if (endpoint.health == Health::hangs) return;
    flight.arrived = true;
    flight.answer = answer_of(endpoint, flight.request);
    if (flight.answer.error_code != "LOST" && chance_.below(4) != 0) hubs_.hear(at);
  }

  AttemptResult answer_of(Endpoint& endpoint, const AttemptRequest& request) {
    switch (endpoint.health) {
      case Health::refuses_connections:
        return {.error_code = "ECONNREFUSED", .message = "refused"};
      case Health::fails_at_times:
        if (chance_.below(2) == 0) return {.status_code = 503};
        break;
      case Health::refuses_events:
        if (chance_.below(3) == 0) {
          for (const std::string& event : events_of(request)) endpoint.refused.insert(event);
          return {.status_code = chance_.below(2) == 0 ? 400 : 422, .response = "no"};
        }
        break;
      default:
        break;
    }
    receive(endpoint, request);
    if (endpoint.health == Health::answers_get_lost && chance_.below(2) == 0)
      return {.error_code = "LOST"};
    return {.status_code = 200};
  }

  static std::vector<std::string> events_of(const AttemptRequest& request) {
    const std::string& body = *request.body;
    if (!body.starts_with("{\"events\":[")) return {request.webhook_id};
    std::vector<std::string> events;
    for (std::size_t at = body.find("\"msg_"); at != std::string::npos;
         at = body.find("\"msg_", at + 1))
      events.push_back(body.substr(at + 1, body.find('"', at + 1) - at - 1));
    return events;
  }

  /// Order: what arrives for the first time is newer than all that arrived of its source before,
  /// but for what was refused, and so given up, before.
  void receive(Endpoint& endpoint, const AttemptRequest& request) {
    for (const std::string& event : events_of(request)) {
      const bool first = endpoint.taken.insert(event).second;
      if (!first || endpoint.settings.ordering != Ordering::source) continue;
      std::int64_t& newest = endpoint.newest[member(*request.body, "source_id")];
      if (!endpoint.refused.contains(event))
        EXPECT_GT(request.sequence, newest) << request.delivery_id << " is out of order";
      newest = std::max(newest, request.sequence);
    }
  }

  /// All is well again and nothing is paused; a person retries what others wait for.
  void recover() {
    hubs_.mend();
    for (Endpoint& endpoint : endpoints_) {
      endpoint.health = Health::well;
      // Whatever it is that lets the change fail is over after a while.
      for (int tries = 0; tries < 10; ++tries) {
        if (hubs_.change(0, [&](Engine& engine) { return engine.resume(endpoint.id); })) break;
        hubs_.pass(1s);
      }
    }
    for (int round = 0; round < 150 && !testing::Test::HasFailure(); ++round) {
      for (int i = 0; i < 1'000 && !hubs_.flights().empty(); ++i) {
        arrive();
        if (i % 20 == 19) hubs_.pass(100ms);
      }
      if (hubs_.query("SELECT count(*) FROM deliveries WHERE status IN ('pending', 'retrying') "
                      "AND (due_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM deliveries p WHERE "
                      "p.subscription_id = deliveries.subscription_id AND p.open_key = "
                      "deliveries.open_key AND p.sequence < deliveries.sequence AND p.status = "
                      "'parked'))") == "0" &&
          !retry_blocking())
        return;
      // For leases to end and be taken; then for what is due later.
      hubs_.pass(5s);
      if (round % 6 == 5 && hubs_.flights().empty()) hubs_.skip(2h);
    }
  }

  bool retry_blocking() {
    const auto key = DeliveryKey::parse(hubs_.query(
        "SELECT subscription_id || '-' || sequence FROM deliveries WHERE status = 'parked' AND "
        "open_key IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries n WHERE n.subscription_id = "
        "deliveries.subscription_id AND n.open_key = deliveries.open_key AND n.sequence > "
        "deliveries.sequence AND n.status IN ('pending', 'retrying')) ORDER BY sequence LIMIT 1"));
    if (!key) return false;
    return hubs_.change(chance_.below(hubs_.size()), [key](Engine& engine) -> Result<void> {
      EXPECT_TRUE(engine.retry(*key).value_or(false));
      return {};
    });
  }

  SeededRandom chance_;
  SimulatedHubs hubs_;
  std::vector<Endpoint> endpoints_;
  std::set<std::string> acknowledged_;
  std::size_t keys_ = 0;
  bool crashed_ = false;
};

TEST(SharedSimulation, NothingIsLostWhateverHappens) {
  play_seeds<SharedSimulation>("RELAY_SHARED", 30);
}

}  // namespace
}  // namespace tidemark::relay
