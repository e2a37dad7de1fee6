#include "load/xiaoe/shop_clock.h"

#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

using std::chrono::seconds;

TEST(ShopClock, HalfOfTheMarginIsLeftForWhatTheShopShowsLater) {
  const seconds margin{300};
  // This machine leads by the most that is let pass: what it takes for settled is still as old for
  // the shop.
  EXPECT_GE(margin - clocks_apart_max(margin), seconds(150));
  EXPECT_EQ(clocks_apart_max(seconds(60)), seconds(30));
}

TEST(ShopClock, ADifferenceIsToldOnlyWhereItIsProven) {
  const WallTime asked{seconds(1000)};
  EXPECT_EQ(shop_ahead(asked, asked, asked + seconds(1)), seconds(0));
  EXPECT_EQ(shop_ahead(asked, asked + seconds(10), asked + seconds(1)), seconds(9));
  EXPECT_EQ(shop_ahead(asked, asked - seconds(10), asked + seconds(1)), seconds(-9));
}

}  // namespace
}  // namespace tidemark::load::xiaoe
