#include "load/xiaoe/sandbox/buyers.h"

#include <gtest/gtest.h>

#include <map>

namespace tidemark::load::xiaoe {
namespace {

TEST(Buyers, OrdersAndUsersNameEachOther) {
  for (const std::uint64_t orders : {1U, 2U, 23U, 25U, 1000U, 12'345U}) {
    const Buyers buyers(orders, 9);
    std::map<std::uint64_t, std::vector<std::uint64_t>> found;
    for (std::uint64_t order = 0; order < orders; ++order) {
      const std::uint64_t buyer = buyers.buyer_of(order);
      ASSERT_LT(buyer, buyers.there_at_row(order / buyers.row_length())) << order;
      found[buyer].push_back(order);
    }
    for (std::uint64_t user = 0; user < buyers.size(); ++user)
      ASSERT_EQ(buyers.orders_of(user), found[user]) << user << " of " << orders;
  }
}

TEST(Buyers, SomeComeBackAndSomeNeverBuy) {
  const Buyers buyers(24'000, 1);
  std::uint64_t never = 0, often = 0;
  for (std::uint64_t user = 0; user < buyers.size(); ++user) {
    const std::size_t orders = buyers.orders_of(user).size();
    if (orders == 0) ++never;
    if (orders > 3) ++often;
  }
  EXPECT_GT(never, buyers.size() / 20);
  EXPECT_LT(never, buyers.size() / 2);
  EXPECT_GT(often, buyers.size() / 50);
}

}  // namespace
}  // namespace tidemark::load::xiaoe
