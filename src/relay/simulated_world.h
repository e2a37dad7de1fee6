#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "relay/engine.h"
#include "relay/event_id.h"
#include "relay/row.h"
#include "relay/secret_box.h"
#include "sql/rows.h"
#include "tests/temporary_folder.h"

// For tests: the engine on a real SQLite file, with a clock and receivers that the test moves.
namespace tidemark::relay {

/// Keeps requests until the test answers them.
class SimulatedSender final : public Sender {
 public:
  void send(AttemptRequest request, std::move_only_function<void(AttemptResult)> done) override {
    requests.push_back(std::move(request));
    answers.push_back(std::move(done));
  }
  void answer(AttemptResult result) {
    requests.pop_front();
    auto done = std::move(answers.front());
    answers.pop_front();
    done(std::move(result));
  }
  void fail_what_is_left(int status) {
    while (!requests.empty()) answer({.status_code = status});
  }

  std::deque<AttemptRequest> requests;
  std::deque<std::move_only_function<void(AttemptResult)>> answers;
};

class SimulatedWorld {
 public:
  explicit SimulatedWorld(EngineOptions options = {}, std::uint64_t seed = 1)
      : random(seed), options_(options) {
    open();
  }

  ManualClock clock{WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 15))};
  SeededRandom random;
  SimulatedSender sender;

  /// The process dies between two steps: what was under way is forgotten.
  void crash() {
    engine_.reset();
    store_.reset();
    sender.requests.clear();
    sender.answers.clear();
    done_.clear();
    open();
  }

  std::string subscribe(SubscriptionSettings settings) {
    Subscription subscription{.id = make_subscription_id(clock.wall(), random),
                              .name = "tax",
                              .target_system = "tax",
                              .url = "https://tax.example.com/hook",
                              .event_types = {"*"},
                              .settings = std::move(settings),
                              .secrets = {{.text = "secret"}},
                              .state_since = clock.wall(),
                              .created_at = clock.wall(),
                              .updated_at = clock.wall()};
    const std::string id = subscription.id;
    change([&](Engine& engine) { return engine.add(std::move(subscription)); });
    return id;
  }

  static Publication voucher(const std::string& source_id, const std::string& amount = "100.00") {
    return {.event_type = "l1_confirmed",
            .source_system = "settlement",
            .source_type = "purchase_goods",
            .source_id = source_id,
            .is_voucher = true,
            .data = R"({"amount":)" + amount + "}",
            .fields = R"("source_id":")" + source_id + "\"",
            .content_hash = amount};
  }

  Result<Published> publish(Publication publication, std::string key = "", std::string hash = "") {
    std::optional<Result<Published>> result;
    Engine::Turn turn;
    turn.publishes.push_back({.request = {.publication = std::move(publication),
                                          .idempotency_key = std::move(key),
                                          .request_hash = std::move(hash)},
                              .answer = [&](Result<Published> one) { result = std::move(one); }});
    run(std::move(turn));
    return std::move(*result);
  }

  /// Several in one turn.
  std::vector<Result<Published>> publish_all(std::vector<Publication> publications) {
    std::vector<Result<Published>> results;
    Engine::Turn turn;
    for (Publication& publication : publications)
      turn.publishes.push_back(
          {.request = {.publication = std::move(publication)},
           .answer = [&](Result<Published> one) { results.push_back(std::move(one)); }});
    run(std::move(turn));
    return results;
  }

  void change(std::move_only_function<Result<void>(Engine&)> work) {
    Engine::Turn turn;
    turn.changes.push_back({.work = std::move(work), .answer = [](Result<void> done) {
                              EXPECT_TRUE(done) << done.error().what.en;
                            }});
    run(std::move(turn));
  }

  /// As PATCH does.
  void set(const std::string& id, const std::function<void(SubscriptionSettings&)>& set) {
    change([&](Engine& engine) {
      Subscription changed = *engine.subscription(id);
      set(changed.settings);
      return engine.replace(std::move(changed));
    });
  }

  void turn() { run({}); }

  /// Time passes; what becomes due in between happens when it is due.
  void pass(std::chrono::microseconds time) {
    const WallTime end = clock.wall() + time;
    while (true) {
      const auto wake = engine_->next_wake();
      if (!wake || *wake > end) break;
      const WallTime before = clock.wall();
      clock.advance(std::max(*wake - before, std::chrono::microseconds{1}));
      turn();
    }
    if (clock.wall() < end) clock.advance(end - clock.wall());
    turn();
  }

  /// The receiver answers the oldest request.
  void answer(int status, std::string response = "",
              std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    sender.answer({.status_code = status,
                   .response = std::move(response),
                   .retry_after = retry_after,
                   .started_at = clock.wall()});
    turn();
  }
  /// The oldest request finds nobody.
  void refuse() {
    sender.answer({.error_code = "ECONNREFUSED", .message = "refused", .started_at = clock.wall()});
    turn();
  }
  /// Those under way now; returns how many.
  std::size_t answer_all_now(int status) {
    const std::size_t count = sender.requests.size();
    for (std::size_t i = 0; i < count; ++i)
      sender.answer({.status_code = status, .started_at = clock.wall()});
    turn();
    return count;
  }
  /// Until nothing is under way.
  void answer_all(int status) {
    while (!sender.requests.empty()) answer_all_now(status);
  }

  std::string query(std::string_view sql) {
    const auto value = sql::query_value(store_->connection(), sql);
    EXPECT_TRUE(value) << value.error().what.en;
    return value && *value ? **value : "";
  }
  void execute(std::string_view sql) {
    const auto done = store_->connection().execute(sql);
    EXPECT_TRUE(done) << done.error().what.en;
  }
  /// How SQLite would look for it.
  std::string plan_of(const std::string& sql) {
    std::string plan;
    const Result<void> read =
        sql::each_row(store_->connection().query("EXPLAIN QUERY PLAN " + sql),
                      [&plan](const sql::Cursor& row) { plan += text_at(row, 3) + '\n'; });
    EXPECT_TRUE(read) << read.error().what.en;
    return plan;
  }
  std::string status(const std::string& id, std::int64_t sequence) {
    const auto value =
        sql::query_value(store_->connection(),
                         "SELECT status FROM deliveries WHERE subscription_id = ? AND sequence = ?",
                         sql::Values{id, sequence});
    return value && *value ? **value : "";
  }
  SubscriptionState subscription_state(const std::string& id) const {
    return engine_->subscription(id)->state;
  }
  Engine& engine() { return *engine_; }

 private:
  void open() {
    auto box = SecretBox::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    ASSERT_TRUE(box);
    sql::Url url;
    url.path = (folder_.path() / "state.db").string();
    auto store = Store::open(url, *box);
    ASSERT_TRUE(store) << store.error().what.en;
    store_ = std::move(*store);
    // A power cut is not simulated, so no commit need wait for the disk.
    ASSERT_TRUE(store_->connection().execute("PRAGMA synchronous=OFF"));
    engine_ =
        std::make_unique<Engine>(*store_, sender, clock, random, options_,
                                 [this](AttemptDone done) { done_.push_back(std::move(done)); });
    const Result<void> started = engine_->start();
    ASSERT_TRUE(started) << started.error().what.en;
  }

  void run(Engine::Turn turn) {
    turn.attempts = std::exchange(done_, {});
    engine_->turn(std::move(turn));
  }

  TemporaryFolder folder_;
  const EngineOptions options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  std::vector<AttemptDone> done_;
};

}  // namespace tidemark::relay
