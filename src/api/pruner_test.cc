#include "api/pruner.h"

#include <gtest/gtest.h>

#include <future>
#include <tuple>

#include "api/replays.h"
#include "base/random.h"
#include "relay/event_id.h"
#include "relay/stream/refusals.h"
#include "tests/temporary_folder.h"

namespace tidemark::api {
namespace {

using namespace std::chrono_literals;

/// Does one change and waits for it.
Result<void> change_now(relay::Hub& hub, std::function<Result<void>(relay::Engine&)> work) {
  std::promise<Result<void>> promise;
  auto answer = promise.get_future();
  hub.change(std::move(work),
             [&promise](Result<void> done) { promise.set_value(std::move(done)); });
  return answer.get();
}

/// Nothing is ever sent: there are no subscriptions.
class NoSender final : public relay::Sender {
 public:
  void send(relay::AttemptRequest, std::move_only_function<void(relay::AttemptResult)>) override {
    ADD_FAILURE();
  }
};

TEST(Pruner, GoesOnUntilNothingOldIsLeft) {
  const TemporaryFolder folder;
  auto box = relay::SecretBox::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  ASSERT_TRUE(box);
  sql::Url url;
  url.path = (folder.path() / "state.db").string();
  auto store = relay::Store::open(url, *box);
  ASSERT_TRUE(store) << store.error().what.en;
  ASSERT_TRUE(migrate_replays((*store)->connection()));
  ASSERT_TRUE(relay::migrate_refusals((*store)->connection()));
  const SystemClock clock;
  SeededRandom random(1);
  NoSender sender;
  relay::Hub hub(std::move(*store), sender, clock, random, {});
  ASSERT_TRUE(hub.start());

  // Several steps' worth of each, 100 days old.
  const std::int64_t old = (clock.wall() - 100 * 24h).time_since_epoch().count();
  ASSERT_TRUE(change_now(hub, [&](relay::Engine& engine) -> Result<void> {
    sql::Connection& connection = engine.store().connection();
    const WallTime now = engine.now();
    for (const auto& [id, status, at] :
         {std::tuple{"rpl_old", ReplayStatus::done, now - 100 * 24h},
          std::tuple{"rpl_running", ReplayStatus::running, now - 100 * 24h},
          std::tuple{"rpl_new", ReplayStatus::done, now}})
      if (Result<void> stored = insert_replay(connection, {.id = id,
                                                           .subscription_id = "sub_1",
                                                           .range = {},
                                                           .status = status,
                                                           .created_at = at,
                                                           .updated_at = at});
          !stored)
        return stored;
    const relay::Refusal refusal{.entry = {.id = "1-0", .fields = {}}, .reason = "no JSON"};
    for (const auto& [stream, at] : {std::pair{"old", now - 100 * 24h}, std::pair{"new", now}})
      if (Result<void> kept = relay::keep_refusals(connection, stream, {&refusal, 1}, at); !kept)
        return kept;
    for (std::int64_t i = 1; i <= 1600; ++i) {
      const std::string id = relay::make_event_id(clock.wall() - 100 * 24h, random);
      const auto event = connection.execute(
          "INSERT INTO events (event_id, event_type, source_system, source_type, source_id, "
          "source_version, voucher_no, target_systems, source_module, company_id, content_hash, "
          "body, created_at) VALUES (?, 't', 's', 't', '1', ?, '', '', '', '', '', '{}', ?)",
          sql::Values{id, i, old});
      const auto delivery = connection.execute(
          "INSERT INTO deliveries (subscription_id, sequence, event_id, status, attempts, "
          "retry_step, last_error, last_message, created_at, finished_at) VALUES ('sub_1', ?, ?, "
          "'delivered', 1, 0, '', '', ?, ?)",
          sql::Values{i, id, old, old});
      if (!event || !delivery) return fail((event ? delivery : event).error());
    }
    return {};
  }));

  Pruner pruner(hub, 90 * 24h);
  EXPECT_FALSE(pruner.busy());
  pruner.begin(true);
  int steps = 0;
  while (pruner.busy()) {
    pruner.step();
    ASSERT_TRUE(change_now(hub, [](relay::Engine&) -> Result<void> { return {}; }));
    ASSERT_LT(++steps, 100);
  }
  EXPECT_GT(steps, 5);
  ASSERT_TRUE(change_now(hub, [](relay::Engine& engine) -> Result<void> {
    for (const auto& [table, rows] :
         {std::pair{"deliveries", "0"}, std::pair{"events", "1"}, std::pair{"replays", "2"},
          std::pair{"stream_refusals", "1"}}) {
      const auto count = sql::query_value(engine.store().connection(),
                                          "SELECT count(*) FROM " + std::string(table));
      EXPECT_TRUE(count && *count == rows) << table;
    }
    return {};
  }));
  hub.stop(0ms);
}

}  // namespace
}  // namespace tidemark::api
