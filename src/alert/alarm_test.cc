#include "alert/alarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/database.h"

namespace tidemark::alert {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr WallTime start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 15)};

/// What reached people, and whether the channel works now.
struct Phone {
  std::vector<std::string> messages;
  std::optional<SendFault> fault;
  int asked = 0;
};

class FakeChannel final : public Channel {
 public:
  FakeChannel(ChannelOptions options, Phone& phone) : Channel(std::move(options)), phone_(phone) {}
  std::expected<void, SendFault> send(const Digest& digest, WallTime) override {
    ++phone_.asked;
    if (phone_.fault) return std::unexpected(*phone_.fault);
    phone_.messages.push_back(digest.text);
    return {};
  }
  void stop() override {}

 private:
  Phone& phone_;
};

/// Plays time on a state of its own. Databases on servers have their own clock, and so no place
/// here: AlertStoreTest has them.
class AlarmTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    ASSERT_TRUE(AlertStore(db()).migrate());
    options_.rules = {
        {.subject = Subject::backlog, .level = Level::warning, .threshold = 50, .hold = 1min},
        {.subject = Subject::parked_rejected, .level = Level::critical, .threshold = 0}};
    options_.over_after = 1min;
    options_.repeat = 4h;
    figures_[Subject::backlog].value = 0;
    figures_[Subject::parked_rejected].value = 0;
  }
  /// As after a restart: nothing but the state is left.
  std::unique_ptr<Alarm> alarm(const std::string& hub = "hub-1", int per_minute = 20) {
    AlarmOptions options = options_;
    options.hub = hub;
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(
        std::make_unique<FakeChannel>(ChannelOptions{.name = "dingtalk",
                                                     .levels = {Level::critical, Level::warning},
                                                     .per_minute = per_minute},
                                      phone_));
    return std::make_unique<Alarm>(
        options, std::move(channels),
        [this](sql::Connection&) -> Result<Figures> { return figures_; }, clock_, random_);
  }
  bool turn(Alarm& alarm) {
    const auto done = alarm.turn(db());
    EXPECT_TRUE(done) << done.error().what.en;
    return done.value_or(false);
  }
  bool turn(Alarm& alarm, std::chrono::microseconds later) {
    clock_.advance(later);
    return turn(alarm);
  }
  void park(double number) { figures_[Subject::parked_rejected].value = number; }

  ManualClock clock_{start};
  SeededRandom random_{7};
  AlarmOptions options_;
  Figures figures_;
  Phone phone_;
};

TEST_P(AlarmTest, TellsTheBeginningOnceAndTheEnd) {
  const auto alarm = this->alarm();
  turn(*alarm);
  EXPECT_THAT(phone_.messages, IsEmpty());
  park(1);
  turn(*alarm, 30s);
  EXPECT_THAT(phone_.messages, ElementsAre(HasSubstr("[CRITICAL] deliveries rejected")));
  for (int i = 0; i < 20; ++i) turn(*alarm, 30s);
  EXPECT_THAT(phone_.messages, SizeIs(1));
  park(0);
  turn(*alarm, 30s);
  turn(*alarm, 30s);
  EXPECT_THAT(phone_.messages, SizeIs(1));
  turn(*alarm, 30s);
  ASSERT_THAT(phone_.messages, SizeIs(2));
  EXPECT_THAT(phone_.messages[1], HasSubstr("[OVER]"));
}

TEST_P(AlarmTest, WhatBeginsTogetherIsOneMessage) {
  const auto alarm = this->alarm();
  figures_[Subject::backlog].value = 51;
  turn(*alarm);
  park(2);
  turn(*alarm, 1min);
  ASSERT_THAT(phone_.messages, SizeIs(1));
  EXPECT_THAT(phone_.messages[0], HasSubstr("CRITICAL: 2 alerts"));
  EXPECT_THAT(phone_.messages[0], HasSubstr("unfinished deliveries: 51"));
}

TEST_P(AlarmTest, ARestartNeitherRepeatsNorForgets) {
  park(1);
  turn(*alarm());
  EXPECT_THAT(phone_.messages, SizeIs(1));
  turn(*alarm(), 1min);
  turn(*alarm(), 1min);
  EXPECT_THAT(phone_.messages, SizeIs(1));
  park(0);
  turn(*alarm(), 1min);
  turn(*alarm(), 1min);
  ASSERT_THAT(phone_.messages, SizeIs(2));
  EXPECT_THAT(phone_.messages[1], HasSubstr("[OVER]"));
}

TEST_P(AlarmTest, AChannelThatIsDownIsTriedLessAndLessAndThenHearsAllAtOnce) {
  phone_.fault = SendFault{.what = "no answer"};
  park(1);
  turn(*alarm());
  EXPECT_EQ(phone_.asked, 1);
  turn(*alarm(), 9s);
  EXPECT_EQ(phone_.asked, 1);
  turn(*alarm(), 1s);
  EXPECT_EQ(phone_.asked, 2);
  turn(*alarm(), 19s);
  EXPECT_EQ(phone_.asked, 2);
  turn(*alarm(), 1s);
  EXPECT_EQ(phone_.asked, 3);
  const auto state = AlertStore(db()).channels().value()["dingtalk"];
  EXPECT_EQ(state.failures, 3);
  EXPECT_EQ(state.waiting, 1);
  EXPECT_EQ(state.last_error, "no answer");
  park(0);
  turn(*alarm(), 10min);
  turn(*alarm(), 10min);
  phone_.fault.reset();
  turn(*alarm(), 10min);
  ASSERT_THAT(phone_.messages, SizeIs(1));
  EXPECT_THAT(phone_.messages[0], HasSubstr("[CRITICAL]"));
  EXPECT_THAT(phone_.messages[0], HasSubstr("[OVER]"));
  EXPECT_EQ(AlertStore(db()).channels().value()["dingtalk"].failures, 0);
}

TEST_P(AlarmTest, ARobotThatHadEnoughIsLeftAlone) {
  phone_.fault = SendFault{.what = "errcode 130101", .wait = 600s};
  park(1);
  turn(*alarm());
  phone_.fault.reset();
  turn(*alarm(), 599s);
  EXPECT_EQ(phone_.asked, 1);
  turn(*alarm(), 1s);
  EXPECT_THAT(phone_.messages, SizeIs(1));
}

TEST_P(AlarmTest, NeverSendsMoreInAMinuteThanAllowedAlsoAcrossRestarts) {
  for (int i = 0; i < 30; ++i) {
    park(i % 2 == 0 ? 1 : 0);
    turn(*alarm("hub-1", 3), 61s);
    turn(*alarm("hub-1", 3), 1s);
  }
  phone_.messages.clear();
  options_.over_after = 0ms;
  clock_.advance(5min);
  for (int i = 0; i < 50; ++i) {
    park(i % 2 == 0 ? 1 : 0);
    turn(*alarm("hub-1", 3), 1s);
  }
  EXPECT_THAT(phone_.messages, SizeIs(3));
  turn(*alarm("hub-1", 3), 60s);
  ASSERT_THAT(phone_.messages, SizeIs(4));
  EXPECT_THAT(phone_.messages[3], HasSubstr("[CRITICAL]"));
  EXPECT_THAT(phone_.messages[3], HasSubstr("[OVER]"));
}

TEST_P(AlarmTest, OfSeveralHubsOneLooksAndSends) {
  options_.shared = true;
  options_.lease = 60s;
  const auto first = alarm("hub-1");
  const auto second = alarm("hub-2");
  park(1);
  EXPECT_TRUE(turn(*first));
  EXPECT_FALSE(turn(*second));
  EXPECT_THAT(phone_.messages, SizeIs(1));
  // The first is gone.
  EXPECT_FALSE(turn(*second, 59s));
  park(0);
  EXPECT_TRUE(turn(*second, 2s));
  EXPECT_TRUE(turn(*second, 1min));
  EXPECT_FALSE(turn(*first));
  EXPECT_THAT(phone_.messages, SizeIs(2));
  ASSERT_TRUE(second->release(db()));
  EXPECT_TRUE(turn(*first));
}

TEST_P(AlarmTest, ATestSaysWhatTheRobotSaysAndCountsForItsLimit) {
  const auto alarm = this->alarm("hub-1", 2);
  ASSERT_TRUE(alarm->test(db(), "dingtalk"));
  EXPECT_THAT(phone_.messages, ElementsAre(HasSubstr("This is a test")));
  phone_.fault = SendFault{.what = "errcode 310000: sign not match"};
  const auto refused = alarm->test(db(), "dingtalk");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.en, "errcode 310000: sign not match");
  phone_.fault.reset();
  EXPECT_FALSE(alarm->test(db(), "dingtalk"));
  EXPECT_EQ(phone_.asked, 2);
  EXPECT_EQ(alarm->test(db(), "pager").error().kind, ErrorKind::not_found);
}

TEST_P(AlarmTest, WhatIsMutedIsToldOnceTheMuteEnds) {
  ASSERT_TRUE(AlertStore(db()).put_mute({.until = clock_.wall() + 1h}, clock_.wall()));
  park(1);
  turn(*alarm());
  turn(*alarm(), 59min);
  EXPECT_THAT(phone_.messages, IsEmpty());
  turn(*alarm(), 1min);
  EXPECT_THAT(phone_.messages, SizeIs(1));
}

TEST_P(AlarmTest, AClockThatIsSetBackSilencesNobody) {
  phone_.fault = SendFault{.what = "no answer"};
  park(1);
  turn(*alarm());
  clock_.set_wall(start - 24h);
  phone_.fault.reset();
  turn(*alarm());
  EXPECT_THAT(phone_.messages, SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(Local, AlarmTest,
                         ::testing::Values(testing_database::Server{"SQLite", ""}),
                         testing_database::name_of);

TEST(Alarm, PausesGrowToTenMinutes) {
  EXPECT_EQ(pause_after(1, 0s), 10s);
  EXPECT_EQ(pause_after(2, 0s), 20s);
  EXPECT_EQ(pause_after(7, 0s), 600s);
  EXPECT_EQ(pause_after(1000, 0s), 600s);
  EXPECT_EQ(pause_after(1, 60s), 60s);
}

}  // namespace
}  // namespace tidemark::alert
