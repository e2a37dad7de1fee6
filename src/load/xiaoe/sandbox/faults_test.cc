#include "load/xiaoe/sandbox/faults.h"

#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

TEST(FaultRates, ReadsEveryFault) {
  const Result<FaultRates> rates = FaultRates::parse(
      "latency=50ms,skew=-90s,deny=users+live,error500=0.01,html=0.02,hang=0.03,truncate=0.04,"
      "repeat=0.05,total=0.06,gbk=0.07,strings=0.08,revoke=0.09,limit=0.1,storm=0.11,busy=0.12,"
      "malformed=0.13,ip=1");
  ASSERT_TRUE(rates);
  EXPECT_EQ(rates->latency, std::chrono::milliseconds(50));
  EXPECT_EQ(rates->skew, std::chrono::seconds(-90));
  EXPECT_EQ(rates->deny.size(), 2U);
  EXPECT_EQ(rates->html, 0.02);
  EXPECT_EQ(rates->malformed, 0.13);
  EXPECT_EQ(rates->ip, 1);
  EXPECT_EQ(FaultRates::parse("")->ip, 0);
}

TEST(FaultRates, RefusesTheRest) {
  for (const char* spec :
       {"no=1", "hang", "hang=2", "hang=-1", "hang=x", "latency=5", "latency=-1ms", "skew=90",
        "skew=1d", "deny=", "deny=orders+", "deny=others", "gbk=nan"})
    EXPECT_FALSE(FaultRates::parse(spec)) << spec;
}

TEST(FaultDice, TheSameSeedGivesTheSameSequence) {
  const FaultRates rates = *FaultRates::parse("gbk=0.5,total=0.5,deny=users");
  FaultDice one(rates, 3), other(rates, 3);
  int gbk = 0;
  for (int i = 0; i < 1000; ++i) {
    const Faults faults = one.roll();
    const Faults same = other.roll();
    EXPECT_EQ(faults.gbk, same.gbk);
    EXPECT_EQ(faults.total_off_by, same.total_off_by);
    EXPECT_FALSE(faults.hang);
    gbk += faults.gbk ? 1 : 0;
  }
  EXPECT_GT(gbk, 400);
  EXPECT_LT(gbk, 600);
  EXPECT_TRUE(one.denies("users"));
  EXPECT_FALSE(one.denies("orders"));
}

}  // namespace
}  // namespace tidemark::load::xiaoe
