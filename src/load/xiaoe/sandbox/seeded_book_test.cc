#include "load/xiaoe/sandbox/seeded_book.h"

#include <gtest/gtest.h>

#include <set>

#include "load/xiaoe/sandbox/order_list.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr Moment jan{std::chrono::local_days(std::chrono::year(2025) / 1 / 1)};
constexpr Moment apr{std::chrono::local_days(std::chrono::year(2025) / 4 / 1)};

SeededBook book_of(std::uint64_t orders, std::uint64_t seed = 7) {
  return SeededBook({.orders = orders, .seed = seed, .from = jan, .until = apr});
}

TEST(SeededBook, OrdersStandInTheOrderOfTheirTime) {
  for (const std::uint64_t orders : {1U, 2U, 90U, 20'000U}) {
    const SeededBook book = book_of(orders);
    Moment before = jan;
    for (std::uint64_t i = 0; i < orders; ++i) {
      const Moment created = book.fate(i).created;
      ASSERT_GE(created, before) << i;
      ASSERT_LT(created, apr);
      before = created;
    }
  }
}

TEST(SeededBook, CountsWithoutLooking) {
  const SeededBook book = book_of(5000);
  EXPECT_EQ(book.placed_before(jan), 0U);
  EXPECT_EQ(book.placed_before(apr), 5000U);
  const Moment middle = book.fate(2500).created;
  const std::uint64_t before = book.placed_before(middle);
  EXPECT_LE(before, 2500U);
  EXPECT_EQ(book.fate(before).created, middle);
  EXPECT_TRUE(before == 0 || book.fate(before - 1).created < middle);
}

TEST(SeededBook, IsTheSameForTheSameSeedAndHugeForNothing) {
  const SeededBook book = book_of(1'000'000'000);
  const OrderFate fate = book.fate(999'999'999);
  EXPECT_EQ(fate.chance, book_of(1'000'000'000).fate(999'999'999).chance);
  EXPECT_NE(fate.chance, book_of(1'000'000'000, 8).fate(999'999'999).chance);
  EXPECT_EQ(book.order_of(book.order_id(fate)), 999'999'999U);
}

TEST(SeededBook, OrdersLiveOn) {
  const SeededBook book = book_of(5000);
  std::set<int> states;
  int late = 0;
  for (std::uint64_t i = 0; i < book.size(); ++i) {
    const OrderFate fate = book.fate(i);
    EXPECT_EQ(view_at(fate, fate.created).order_state, 0);
    const OrderView end = view_at(fate, fate.created + std::chrono::days(70));
    states.insert(end.order_state);
    EXPECT_EQ(end.refund, fate.refund_at(Moment::max()));
    EXPECT_LE(end.refund, fate.price);
    for (const AfterSaleFate& after_sale : fate.after_sales) {
      EXPECT_LT(after_sale.ended - fate.created, book.life());
      if (after_sale.ended - fate.created > std::chrono::days(15)) ++late;
    }
  }
  EXPECT_EQ(states, (std::set<int>{1, 6, 7, 10, 11}));
  EXPECT_GT(late, 50);
}

TEST(OrderList, PagesTileTheWindow) {
  const SeededBook book = book_of(3000);
  OrderQuery query{.begin = jan, .end = jan + std::chrono::days(7), .page_size = 50};
  const Moment now = apr;
  const OrderListPage first = list_orders(book, query, now);
  EXPECT_EQ(first.total, book.placed_before(query.end + std::chrono::seconds(1)));
  query.page_index = static_cast<std::int64_t>(first.total / 50) + 2;
  EXPECT_EQ(list_orders(book, query, now).list, "[]");
  query.page_index = 1;
  query.order_id = book.order_id(book.fate(3));
  EXPECT_EQ(list_orders(book, query, now).total, 1U);
  query.order_id.clear();
  query.order_state = 10;
  const std::uint64_t refunded = list_orders(book, query, now).total;
  EXPECT_GT(refunded, 0U);
  EXPECT_LT(refunded, first.total);
}

TEST(OrderList, OrdersOfTheFutureAreNotThere) {
  const SeededBook book = book_of(3000);
  const OrderQuery query{.begin = jan, .end = jan + std::chrono::days(7)};
  EXPECT_EQ(list_orders(book, query, jan - std::chrono::seconds(1)).total, 0U);
}

TEST(OrderList, ARequestThatIsWrongIsRefused) {
  for (const char* body :
       {R"({"page_size":201})", R"({"page_index":0})", R"({"page_index":"x"})",
        R"({"begin_time":1,"end_time":604802})", R"({"begin_time":5,"end_time":4})",
        R"({"order_by":"pay_time:asc"})", "[]"})
    EXPECT_FALSE(read_order_query(body, apr).query) << body;
  EXPECT_TRUE(
      read_order_query(R"({"begin_time":"1","end_time":604801,"page_size":""})", apr).query);
}

}  // namespace
}  // namespace tidemark::load::xiaoe
