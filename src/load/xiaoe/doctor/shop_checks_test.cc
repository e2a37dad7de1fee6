// What the doctor makes of a shop's answers.

#include "load/xiaoe/doctor/shop_checks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "load/xiaoe/testing_shop.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::HasSubstr;
using testing::ScriptedShop;

/// A shop that numbers its tokens, and takes those from `valid_from` on.
class ShopChecks : public ::testing::Test {
 protected:
  std::vector<run::Finding> permissions(int valid_from) {
    ScriptedShop shop(
        [valid_from](const http::Request& request, http::Respond respond) {
          bool taken = false;
          for (int token = valid_from; token < 100; ++token)
            taken = taken || request.body.contains(fmt::format(R"("t{}")", token));
          respond(ScriptedShop::enveloped(taken ? 0 : 2008, "{}"));
        },
        [this](const http::Request& /*request*/, http::Respond respond) {
          respond(ScriptedShop::enveloped(
              0, fmt::format(R"({{"access_token":"t{}","expires_in":7200}})", ++tokens_)));
        });
    std::vector<run::Finding> found =
        examine_shop(shop.client_options(), std::chrono::minutes(5), clock_);
    std::erase_if(found, [](const run::Finding& one) { return one.check != "permission"; });
    return found;
  }

  SystemClock clock_;
  std::atomic<int> tokens_ = 0;
};

TEST_F(ShopChecks, ATokenThatIsNoLongerTakenIsRenewedOnce) {
  const std::vector<run::Finding> found = permissions(2);
  ASSERT_FALSE(found.empty());
  for (const run::Finding& one : found)
    EXPECT_EQ(one.verdict, run::Verdict::ok) << one.what.en << ": " << one.mend.en;
  EXPECT_EQ(tokens_, 2);
}

TEST_F(ShopChecks, AShopThatTakesNoTokenIsTold) {
  const std::vector<run::Finding> found = permissions(100);
  ASSERT_FALSE(found.empty());
  for (const run::Finding& one : found) {
    EXPECT_NE(one.verdict, run::Verdict::ok);
    EXPECT_THAT(one.what.en, HasSubstr("2008"));
    EXPECT_THAT(one.mend.en, HasSubstr("token that it has just given"));
    EXPECT_THAT(one.mend.zh, HasSubstr("令牌"));
  }
  EXPECT_EQ(tokens_, 1 + static_cast<int>(found.size()));
}

}  // namespace
}  // namespace tidemark::load::xiaoe
