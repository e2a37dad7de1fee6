#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class ContractClock : public Contract {
 protected:
  CivilTime now() {
    const Result<CivilTime> time = db().now();
    EXPECT_TRUE(time) << time.error().what.en;
    return time ? *time : CivilTime{};
  }
  /// How far the session's clock is from UTC, to the nearest minute.
  minutes offset() {
    const auto machine = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
    const microseconds apart = microseconds{now().microseconds()} - machine.time_since_epoch();
    return std::chrono::round<minutes>(apart);
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractClock, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractClock, RunsAndIsFinerThanASecond) {
  const CivilTime first = now();
  bool finer = false;
  for (int i = 0; i < 20; ++i) finer = finer || now().microseconds() % 1'000'000 != 0;
  EXPECT_TRUE(finer);
  EXPECT_GE(now(), first);
}

TEST_P(ContractClock, IsNowAndNotTheStartOfTheTransaction) {
  ASSERT_TRUE(db().begin(Isolation::snapshot));
  const CivilTime first = now();
  while (now() == first) {
  }
  EXPECT_GT(now(), first);
  db().rollback();
}

TEST_P(ContractClock, FollowsTheZoneOfTheSession) {
  const minutes by_default = offset();
  ASSERT_TRUE(db().set_zone("+08:00"));
  EXPECT_EQ(offset(), hours{8});
  ASSERT_TRUE(db().set_zone("-03:30"));
  EXPECT_EQ(offset(), -(hours{3} + minutes{30}));
  ASSERT_TRUE(db().set_zone(""));
  EXPECT_EQ(offset(), by_default);
}

TEST_P(ContractClock, KnowsZonesByNameIfTheServerDoes) {
  const Result<void> set = db().set_zone("Asia/Shanghai");
  if (set) {
    EXPECT_EQ(offset(), hours{8});
  } else {  // A MySQL server's tables of zones are empty until somebody fills them.
    EXPECT_TRUE(is_mysql());
    EXPECT_EQ(set.error().kind, ErrorKind::invalid_config);
    EXPECT_FALSE(set.error().hint.empty());
  }
}

TEST_P(ContractClock, RefusesUnknownZonesAndStaysAsItWas) {
  ASSERT_TRUE(db().set_zone("+08:00"));
  for (const char* zone : {"Nowhere/City", "+99:00", "+8", "'; SELECT 1; --", "+08:00x"}) {
    const Result<void> set = db().set_zone(zone);
    ASSERT_FALSE(set) << zone;
    EXPECT_EQ(set.error().kind, ErrorKind::invalid_config) << zone;
  }
  EXPECT_EQ(offset(), hours{8});
}

TEST_P(ContractClock, TellsWhatTheServerIs) {
  const Result<ServerInfo> info = db().server();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->product, GetParam().name);
  EXPECT_FALSE(info->version.empty());
  EXPECT_FALSE(info->zone.empty());
}

}  // namespace
}  // namespace tidemark::sql::contract
