#include "relay/leases.h"

#include <gtest/gtest.h>

#include "relay/schema.h"
#include "run/state_database.h"
#include "tests/temporary_folder.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

/// Two hubs, each with a clock of its own, and the clock of the server, which both may have.
class LeasesTest : public testing::Test {
 protected:
  void SetUp() override {
    sql::Url url;
    url.path = (folder_.path() / "state.db").string();
    auto opened = run::open_shared_state(url);
    ASSERT_TRUE(opened) << opened.error().what.en;
    connection_ = std::move(*opened);
    ASSERT_TRUE(migrate(*connection_));
  }

  Leases leases(const std::string& hub, const Clock& clock) {
    return {hub, clock, [this] { return server_.wall().time_since_epoch().count(); }};
  }
  void renew(Leases& leases) {
    ASSERT_TRUE(connection_->begin(sql::Isolation::write));
    const Result<void> renewed = leases.renew(*connection_, {{"sub_1", Leases::Use{}}});
    ASSERT_TRUE(renewed) << renewed.error().what.en;
    ASSERT_TRUE(connection_->commit());
    leases.done();
  }
  void pass(std::chrono::microseconds time, std::initializer_list<ManualClock*> clocks) {
    server_.advance(time);
    for (ManualClock* clock : clocks) clock->advance(time);
  }

  TemporaryFolder folder_;
  std::unique_ptr<sql::Connection> connection_;
  ManualClock server_{WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 15))};
  ManualClock clock_{server_.wall()};
  ManualClock other_clock_{server_.wall()};
};

TEST_F(LeasesTest, WhatIsDistrustedSendsNothingUntilItIsRenewed) {
  Leases ours = leases("a", clock_);
  renew(ours);
  ASSERT_TRUE(ours.may_send("sub_1"));
  ASSERT_FALSE(ours.is_due());
  ours.distrust();
  EXPECT_FALSE(ours.may_send("sub_1"));
  EXPECT_TRUE(ours.is_due()) << "at once, not with the next turn";
  EXPECT_EQ(ours.epoch("sub_1"), 1) << "what was begun under it is still written under it";
  EXPECT_EQ(ours.held_epoch(*connection_, "sub_1"), 1);
  renew(ours);
  EXPECT_TRUE(ours.may_send("sub_1"));
  EXPECT_EQ(ours.epoch("sub_1"), 1) << "nobody had it meanwhile";
}

TEST_F(LeasesTest, AHubThatSleptHasLostToTheOtherWhatItStillBelievesToHave) {
  Leases ours = leases("a", clock_);
  renew(ours);
  // Its steady clock stands still, as that of a machine that sleeps.
  pass(Leases::ttl + 1s, {&other_clock_});
  Leases theirs = leases("b", other_clock_);
  renew(theirs);
  ASSERT_TRUE(theirs.may_send("sub_1"));
  ASSERT_TRUE(ours.may_send("sub_1")) << "by its own clock no time has passed";
  ours.distrust();
  EXPECT_FALSE(ours.may_send("sub_1"));
  EXPECT_EQ(ours.held_epoch(*connection_, "sub_1"), 0) << "no outcome is written under it";
  renew(ours);
  EXPECT_FALSE(ours.may_send("sub_1"));
  EXPECT_EQ(ours.epoch("sub_1"), 0);
  EXPECT_EQ(theirs.epoch("sub_1"), 2);
}

TEST_F(LeasesTest, NothingBeginsInTheLastPartOfALease) {
  Leases ours = leases("a", clock_);
  renew(ours);
  pass(Leases::ttl - Leases::margin - 1s, {&clock_});
  EXPECT_TRUE(ours.may_send("sub_1"));
  pass(1s, {&clock_});
  EXPECT_FALSE(ours.may_send("sub_1"));
}

}  // namespace
}  // namespace tidemark::relay
