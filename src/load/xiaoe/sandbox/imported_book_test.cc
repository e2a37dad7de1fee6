#include "load/xiaoe/sandbox/imported_book.h"

#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

ImportedLine line(std::string invoice, std::string article, std::string_view time,
                  std::string_view quantity, std::string_view price, std::string customer = "7") {
  ImportedLine made{.invoice = std::move(invoice),
                    .article = std::move(article),
                    .title = "HEART",
                    .customer = std::move(customer),
                    .time = *parse_moment(time)};
  made.quantity = *Decimal::parse(quantity);
  made.price = *Decimal::parse(price);
  return made;
}

std::shared_ptr<const ImportedBook> book_of(const std::vector<ImportedLine>& lines) {
  ImportedBook::Builder builder;
  for (const ImportedLine& one : lines) EXPECT_TRUE(builder.add(one));
  return *std::move(builder).build();
}

TEST(ImportedBook, ALineIsAnOrderAndACancellationARefund) {
  const auto book = book_of({
      line("2", "a", "2025-01-02 08:00:00", "6", "2.55"),
      line("1", "a", "2025-01-01 08:00:00", "4", "2.55"),
      line("1", "b", "2025-01-01 08:00:00", "1", "0.125"),
      line("C3", "a", "2025-01-03 08:00:00", "-5", "2.55"),
      line("C4", "a", "2025-01-04 08:00:00", "-4", "2.55"),
      line("C5", "a", "2025-01-05 08:00:00", "-1", "2.54"),
      line("C6", "a", "2025-01-05 08:00:00", "-1", "2.55", "8"),
      line("7", "a", "2025-01-05 08:00:00", "-1", "0"),
      line("8", "a", "2025-01-05 08:00:00", "2", "0"),
      line("9", "a", "2025-01-06 08:00:00", "2", "1", ""),
      line("C9", "a", "2025-01-06 09:00:00", "-2", "1", ""),
  });
  EXPECT_EQ(book->figures().orders, 4U);
  EXPECT_EQ(book->figures().refunds, 2U);
  EXPECT_EQ(book->figures().without_sale, 3U);
  EXPECT_EQ(book->figures().left_out, 2U);
  ASSERT_EQ(book->size(), 4U);
  const OrderFate first = book->fate(0);
  EXPECT_EQ(book->order_id(first), "1-1");
  EXPECT_EQ(first.price, 1020);
  EXPECT_EQ(first.refund_at(Moment::max()), 1020);  // The second one has one piece left only.
  EXPECT_EQ(book->fate(1).price, 13);               // 12.5 cents
  const OrderFate third = book->fate(2);
  EXPECT_EQ(book->order_id(third), "2-1");
  EXPECT_EQ(third.refund_at(*parse_moment("2025-01-03 07:59:59")), 0);
  EXPECT_EQ(third.refund_at(*parse_moment("2025-01-03 08:00:00")), 1275);
  EXPECT_EQ(book->order_of("1-2"), 1U);
  EXPECT_EQ(book->order_of("1-3"), std::nullopt);
  EXPECT_EQ(book->order_of("C3-1"), std::nullopt);
  EXPECT_EQ(book->placed_before(*parse_moment("2025-01-02")), 2U);
  EXPECT_EQ(book->life(), std::chrono::days(3));
}

TEST(ImportedBook, UsersAndArticlesAreThoseOfTheLines) {
  const auto book = book_of({line("1", "b", "2025-01-02", "1", "1", "9"),
                             line("2", "a", "2025-01-01", "1", "1", "8"),
                             line("C3", "never", "2025-01-03", "-1", "1", "8"),
                             line("4", "a", "2025-01-03", "1", "1", "9")});
  ASSERT_EQ(book->catalogue().articles().size(), 2U);
  EXPECT_EQ(book->catalogue().articles().front().id, "a");
  EXPECT_EQ(book->article(book->fate(1)).id, "b");
  ASSERT_EQ(book->users(), 2U);
  EXPECT_EQ(book->user_id(0), "u_8");
  EXPECT_EQ(book->orders_of(1), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(book->registered_before(*parse_moment("2025-01-02")), 1U);
}

TEST(ImportedBook, RefusesWhatIsNoLine) {
  ImportedBook::Builder builder;
  EXPECT_FALSE(builder.add(line("1", "a", "2025-01-01", "1.5", "1")));
  EXPECT_FALSE(builder.add(line("1", "a", "2025-01-01", "1", "99999999999999999999999")));
  EXPECT_FALSE(std::move(builder).build());
}

}  // namespace
}  // namespace tidemark::load::xiaoe
