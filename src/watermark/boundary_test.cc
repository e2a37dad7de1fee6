#include "watermark/boundary.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace tidemark::watermark {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// On SQLite, which has a clock and no list of open transactions; what those do to a boundary is
/// tested against real servers (tests/export_fence_test.py).
class Boundaries : public testing::Test {
 protected:
  Boundaries() {
    const sql::Url url = sql::Url::parse("sqlite:" + folder_.text() + "/test.db").value();
    connection_ = sql::connect(url, {.create = true}).value();
  }
  TemporaryFolder folder_;
  std::unique_ptr<sql::Connection> connection_;
};

TEST_F(Boundaries, EndAMarginBeforeTheDatabasesClock) {
  const Boundary boundary = fix_boundary(*connection_, {.margin = minutes{5}}).value();
  EXPECT_LE(boundary.upto, boundary.now - minutes{5});
  EXPECT_GT(boundary.upto, boundary.now - minutes{5} - seconds{1});
  EXPECT_EQ(boundary.upto, boundary.upto.floor_to(0));
  EXPECT_EQ(boundary.margin, minutes{5});
  EXPECT_FALSE(boundary.held_back_by);
  EXPECT_EQ(boundary.missing_grant, "");
}

TEST_F(Boundaries, NeverReachTheTickInWhichRowsAreStamped) {
  for (int decimals = 0; decimals <= 6; ++decimals) {
    for (const milliseconds margin : {milliseconds{0}, milliseconds{1}, milliseconds{999}}) {
      const Boundary boundary =
          fix_boundary(*connection_, {.margin = margin, .decimals = decimals}).value();
      EXPECT_LT(boundary.upto, boundary.now.floor_to(decimals)) << decimals;
      EXPECT_GE(boundary.upto, boundary.now - margin - seconds{2}) << decimals;
    }
  }
}

TEST_F(Boundaries, OfDaysEndWithYesterday) {
  const Boundary boundary =
      fix_boundary(*connection_, {.margin = milliseconds{0}, .whole_days = true}).value();
  const auto today = std::chrono::floor<std::chrono::days>(boundary.now.time());
  EXPECT_EQ(boundary.upto, CivilTime{today} - std::chrono::days{1});
}

TEST_F(Boundaries, FollowTheZoneOfTheSession) {
  ASSERT_TRUE(connection_->set_zone("+08:00"));
  const CivilTime east = fix_boundary(*connection_, {}).value().upto;
  ASSERT_TRUE(connection_->set_zone("UTC"));
  const CivilTime utc = fix_boundary(*connection_, {}).value().upto;
  EXPECT_GE(utc + std::chrono::hours{8}, east);
  EXPECT_LT(utc + std::chrono::hours{8}, east + minutes{1});
}

}  // namespace
}  // namespace tidemark::watermark
