#include "load/xiaoe/sandbox/token_desk.h"

#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

constexpr Moment noon{std::chrono::local_days(std::chrono::year(2025) / 1 / 1) +
                      std::chrono::hours(12)};
const Credentials right{.app_id = "app", .client_id = "client", .secret_key = "secret"};

TEST(TokenDesk, TheSameTokenUntilHalfAnHourIsLeft) {
  TokenDesk desk(right, 1);
  const TokenDesk::Issued first = desk.issue(right, "client_credential", noon);
  ASSERT_EQ(first.code, 0);
  EXPECT_TRUE(first.token.starts_with("xe_"));
  EXPECT_EQ(first.seconds_left, 7200);
  const TokenDesk::Issued again =
      desk.issue(right, "client_credential", noon + std::chrono::minutes(80));
  EXPECT_EQ(again.token, first.token);
  EXPECT_EQ(again.seconds_left, 2400);
}

TEST(TokenDesk, AnOldTokenLivesFiveMinutesBesideTheNew) {
  TokenDesk desk(right, 1);
  const std::string old = desk.issue(right, "client_credential", noon).token;
  const Moment later = noon + std::chrono::minutes(95);
  const std::string fresh = desk.issue(right, "client_credential", later).token;
  EXPECT_NE(fresh, old);
  EXPECT_TRUE(desk.is_valid(old, later + std::chrono::minutes(4)));
  EXPECT_FALSE(desk.is_valid(old, later + std::chrono::minutes(5)));
  EXPECT_TRUE(desk.is_valid(fresh, later + std::chrono::minutes(119)));
  EXPECT_FALSE(desk.is_valid(fresh, later + std::chrono::minutes(120)));
  desk.revoke();
  EXPECT_FALSE(desk.is_valid(fresh, later));
}

TEST(TokenDesk, TellsWhatIsWrong) {
  TokenDesk desk(right, 1);
  const auto code = [&](Credentials given, std::string_view grant = "client_credential") {
    return desk.issue(given, grant, noon).code;
  };
  EXPECT_EQ(code({"", "client", "secret"}), 2001);
  EXPECT_EQ(code({"other", "client", "secret"}), 2002);
  EXPECT_EQ(code({"app", "client", ""}), 2003);
  EXPECT_EQ(code({"app", "client", "other"}), 2004);
  EXPECT_EQ(code(right, ""), 2005);
  EXPECT_EQ(code(right, "client_credentials"), 2006);
  EXPECT_EQ(code({"app", "other", "secret"}), 2020);
}

}  // namespace
}  // namespace tidemark::load::xiaoe
