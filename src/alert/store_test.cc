#include "alert/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/database.h"

namespace tidemark::alert {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

class AlertStoreTest : public testing_database::EachDatabase {};

constexpr WallTime start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)};

TEST_P(AlertStoreTest, KeepsStatesMemoriesAndChannels) {
  AlertStore store(db());
  ASSERT_TRUE(store.migrate());
  ASSERT_TRUE(store.migrate());
  const RuleState state{.firing_since = start, .clear_since = start + 1s};
  ASSERT_TRUE(store.put_state("backlog_warning", {.pending_since = start}));
  ASSERT_TRUE(store.put_state("backlog_warning", state));
  EXPECT_EQ(store.states().value(), (AlertStore::States{{"backlog_warning", state}}));

  const Memory memory{
      {Subject::backlog, {.level = Level::warning, .since = start, .told_at = start, .value = 51}},
      {Subject::success_rate_1h,
       {.level = Level::critical, .since = start, .told_at = start, .value = 0.5}}};
  ASSERT_TRUE(store.put_memory("wecom", memory));
  EXPECT_EQ(store.memories().value()["wecom"], memory);
  ASSERT_TRUE(store.put_memory("wecom", {}));
  EXPECT_THAT(store.memories().value(), IsEmpty());

  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(store.put_channel(
        "wecom",
        {.failures = i, .retry_at = start, .last_error = "错误\n", .sends = {start, start + 1s}}));
  const ChannelState channel = store.channels().value()["wecom"];
  EXPECT_EQ(channel.failures, 1);
  EXPECT_EQ(channel.retry_at, start);
  EXPECT_EQ(channel.last_sent_at, std::nullopt);
  EXPECT_EQ(channel.last_error, "错误\\x0a");
  EXPECT_THAT(channel.sends, ElementsAre(start, start + 1s));
}

TEST_P(AlertStoreTest, TheOutboxIsReadInOrderAndPruned) {
  AlertStore store(db());
  ASSERT_TRUE(store.migrate());
  for (const char* id : {"01C", "01A", "01B"})
    ASSERT_TRUE(store.add_line({.id = id,
                                .channel = "wecom",
                                .subject = Subject::retrying,
                                .kind = NoticeKind::over,
                                .level = Level::notice,
                                .text = "【恢复】",
                                .created_at = start}));
  const auto waiting = store.waiting("wecom", 2).value();
  EXPECT_THAT(waiting, ElementsAre(Field(&OutboxLine::id, "01A"), Field(&OutboxLine::id, "01B")));
  EXPECT_EQ(waiting[0].kind, NoticeKind::over);
  EXPECT_EQ(waiting[0].text, "【恢复】");
  EXPECT_EQ(store.channels().value()["wecom"].waiting, 3);
  ASSERT_TRUE(store.mark_sent("wecom", "01B", start + 1s));
  EXPECT_THAT(store.waiting("wecom", 9).value(), ElementsAre(Field(&OutboxLine::id, "01C")));
  EXPECT_EQ(store.prune(start + 1s, start).value(), 0);
  EXPECT_EQ(value("SELECT COUNT(*) FROM alert_outbox"), "3");
  EXPECT_EQ(store.prune(start + 2s, start + 1s).value(), 1);
  EXPECT_EQ(value("SELECT COUNT(*) FROM alert_outbox"), "0");
}

TEST_P(AlertStoreTest, MutesEndByThemselves) {
  AlertStore store(db());
  ASSERT_TRUE(store.migrate());
  ASSERT_TRUE(store.put_mute(
      {.subject = Subject::backlog, .until = start + 1h, .reason = "升级", .by = "tok_1"}, start));
  ASSERT_TRUE(store.put_mute({.until = start + 2h}, start));
  EXPECT_EQ(store.mutes(start).value().size(), 2);
  EXPECT_EQ(muted_subjects(store.mutes(start + 1h).value()).size(), subject_count);
  EXPECT_EQ(store.remove_mute(std::nullopt).value(), true);
  EXPECT_EQ(store.remove_mute(std::nullopt).value(), false);
  EXPECT_THAT(muted_subjects(store.mutes(start).value()), ElementsAre(Subject::backlog));
  EXPECT_THAT(store.mutes(start + 1h).value(), IsEmpty());
}

TEST_P(AlertStoreTest, OneHubHasTheLease) {
  AlertStore store(db());
  ASSERT_TRUE(store.migrate());
  EXPECT_TRUE(store.take_lease("one", start, start + 1min).value());
  EXPECT_FALSE(store.take_lease("two", start + 1min, start + 2min).value());
  EXPECT_TRUE(store.take_lease("one", start + 1min, start + 2min).value());
  EXPECT_TRUE(store.take_lease("two", start + 3min, start + 4min).value());
  ASSERT_TRUE(store.release_lease("one"));
  EXPECT_FALSE(store.take_lease("one", start + 3min, start + 4min).value());
  ASSERT_TRUE(store.release_lease("two"));
  EXPECT_TRUE(store.take_lease("one", start + 3min, start + 4min).value());
}

INSTANTIATE_TEST_SUITE_P(Databases, AlertStoreTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::alert
