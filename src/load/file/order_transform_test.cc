// The orders that are made of the rows of files.

#include "load/file/order_transform.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/file/testing_files.h"

namespace tidemark::load::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(TimeOfTest, WhatAZoneShiftsOutOfTheYearsIsNoTime) {
  const std::chrono::hours china{8}, utc{0};
  EXPECT_EQ(time_of("9999-12-31 23:00:00", china)->text(), "9999-12-31 23:00:00");
  EXPECT_FALSE(time_of("9999-12-31 23:00:00", utc));
  EXPECT_FALSE(time_of("9999-12-31 23:00:00Z", china));
  EXPECT_EQ(time_of("1970-01-01 00:00:00", utc)->text(), "1970-01-01 08:00:00");
  EXPECT_FALSE(time_of("1970-01-01 01:00:00+14:00", china));
}

TEST(TimeOfTest, ZonesAreReadAndOthersMeant) {
  const std::chrono::hours china{8}, utc{0};
  EXPECT_EQ(time_of("2025-01-31 08:30:00.500", china)->text(), "2025-01-31 08:30:00");
  EXPECT_EQ(time_of("2025/01/31 08:30", utc)->text(), "2025-01-31 16:30:00");
  EXPECT_EQ(time_of("2025-01-31T08:30:00Z", china)->text(), "2025-01-31 16:30:00");
  EXPECT_EQ(time_of("2025-01-31 08:30:00.000000 UTC", china)->text(), "2025-01-31 16:30:00");
  EXPECT_EQ(time_of("2025-01-31 08:30:00 -0500", china)->text(), "2025-01-31 21:30:00");
  EXPECT_EQ(time_of("2025-01-31T08:30:00+08:00", utc)->text(), "2025-01-31 08:30:00");
  for (const char* none : {"", "soon", "31.01.2025", "2025-02-30", "2025-01-31 08:30:00 CET"})
    EXPECT_FALSE(time_of(none, china)) << none;
}

TEST(FileOrderTransformTest, TheLinesOfAnOrderBecomeOneOrder) {
  const auto records = records_of(
      "order_id,customer_id,order_date,line_total,sku,quantity,status\n"
      "7,c1,2025-01-02,19.90,p1,2,paid\n"
      "7,c1,2025-01-02,0.1,p2,1,\n"
      "8,c2,2025-01-03,5,p1,1,paid\n");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].id, "7");
  EXPECT_THAT(records[0].payload, HasSubstr("7,c1,2025-01-02,19.90,p1,2,paid"));
  const Result<Order> order = order_of(records[0]);
  ASSERT_TRUE(order) << order.error().what.en;
  EXPECT_EQ(order->price, 2000);
  EXPECT_EQ(order->quantity, 3);
  EXPECT_EQ(order->order_state, 1);
  EXPECT_EQ(order->order_state_text, "paid");
  EXPECT_EQ(order->created_at.text(), "2025-01-02 00:00:00");
  ASSERT_THAT(order->items, SizeIs(2));
  EXPECT_EQ(order->items[1].product_id, "p2");
  EXPECT_EQ(order->items[1].quantity, 1);
}

TEST(FileOrderTransformTest, ANumberIsACodeAndOneWithoutATextIsReported) {
  const auto records = records_of(
      "order_id,created_at,price,order_state,ship_state\n"
      "1,2025-01-02,1,1,2\n"
      "2,2025-01-02,1,77,9\n"
      "3,2025-01-02,1,-1,posted\n");
  ASSERT_THAT(records, SizeIs(3));
  std::vector<UnknownCode> unknown;
  const Result<Order> paid = order_of(records[0], &unknown);
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->order_state, 1);
  EXPECT_EQ(paid->order_state_text, "支付成功");
  EXPECT_EQ(paid->ship_state, 2);
  EXPECT_EQ(paid->ship_state_text, "已发货");
  EXPECT_THAT(unknown, IsEmpty());
  const Result<Order> strange = order_of(records[1], &unknown);
  ASSERT_TRUE(strange);
  EXPECT_EQ(strange->order_state, 77);
  EXPECT_EQ(strange->order_state_text, "");
  EXPECT_EQ(strange->ship_state, 9);
  ASSERT_THAT(unknown, SizeIs(2));
  EXPECT_EQ(unknown[0].field + unknown[0].code, "order_state77");
  EXPECT_EQ(unknown[1].field + unknown[1].code, "ship_state9");
  const Result<Order> none = order_of(records[2], &unknown);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->order_state, -1);
  EXPECT_EQ(none->ship_state_text, "posted");
  ASSERT_THAT(unknown, SizeIs(3));
  EXPECT_EQ(unknown[2].code, "-1");
  const Result<Order> official =
      FileOrderTransform(CodeTexts::official)
          .transform(records_of("order_id,created_at,price,status\n1,2025-01-02,1,8\n")[0].payload,
                     unknown);
  ASSERT_TRUE(official);
  EXPECT_EQ(official->order_state_text, "退款中");
}

/// `price+refund` of each line's share, or `-`.
std::string shares_told(const std::string& rows) {
  const auto records =
      records_of("order_id,created_at,status,sku,line_total,total,refund_amount\n" + rows);
  EXPECT_THAT(records, SizeIs(1));
  const Result<Order> order = order_of(records[0]);
  if (!order) return order.error().what.en;
  std::string told;
  for (const OrderItem& item : order->items) {
    told += told.empty() ? "" : " ";
    told += item.share ? std::to_string(*item.share) : "-";
    if (item.refund_share) told += "+" + std::to_string(*item.refund_share);
  }
  return told;
}

TEST(FileOrderTransformTest, TheLinesHaveTheirShareOfTheOrdersMoney) {
  const std::string line = "1,2025-01-01,paid,";
  EXPECT_EQ(shares_told(line + "a,3,,\n" + line + "b,7,,\n"), "300 700");
  EXPECT_EQ(shares_told(line + "a,3,,5\n" + line + "b,7,,\n"), "300+150 700+350");
  // Shipping, and a discount of which a fen cannot be split.
  EXPECT_EQ(shares_told(line + "a,3,12,\n" + line + "b,7,12,\n"), "360 840");
  EXPECT_EQ(shares_told(line + "a,1,1,0.01\n" + line + "b,1,,\n" + line + "c,1,,\n"),
            "33+0 34+1 33+0");
  EXPECT_EQ(shares_told(line + "a,0,,\n" + line + "b,7,,7\n"), "0+0 700+700");
  EXPECT_EQ(shares_told("1,2025-01-01,refunded,a,3,,\n1,2025-01-01,refunded,b,7,,\n"),
            "300+300 700+700");
  const std::string most = "5000000000000";
  EXPECT_EQ(shares_told(line + "a," + most + ",,\n" + line + "b," + most + ",,\n"),
            "500000000000000 500000000000000");
  // What cannot be split.
  EXPECT_EQ(shares_told(line + "a,3,,\n"), "-");
  EXPECT_EQ(shares_told(line + "a,3,9,\n" + line + "b,,9,\n"), "- -");
  EXPECT_EQ(shares_told(line + "a,3,9,\n" + line + ",2,9,\n" + line + "c,1,9,\n"), "- -");
  EXPECT_EQ(shares_told(line + "a,0,9,\n" + line + "b,0,9,\n"), "- -");
  EXPECT_EQ(shares_told(line + "a,-1,9,\n" + line + "b,-2,9,\n"), "- -");
  EXPECT_EQ(shares_told(line + "a,0,0,4\n" + line + "b,0,0,\n"), "- -");
  EXPECT_EQ(shares_told(line + "a,3,-9,\n" + line + "b,6,-9,\n"), "- -");
}

TEST(FileOrderTransformTest, EachLineHasWhatIsNearestAndNoneLessThanNothing) {
  const std::string line = "1,2025-01-01,paid,";
  EXPECT_EQ(shares_told(line + "a,1,0.03,\n" + line + "b,1,,\n"), "2 1");
  EXPECT_EQ(shares_told(line + "a,1,0.01,\n" + line + "b,2,,\n"), "0 1");
  // Of the price both have one; of the refund the second alone would have had two by its cost.
  EXPECT_EQ(shares_told(line + "a,1,0.02,0.02\n" + line + "b,3,,\n"), "1+1 1+1");
  // A discount, a free order, and a refund of what cost nothing.
  EXPECT_EQ(shares_told(line + "a,3,9,1\n" + line + "b,9,9,\n" + line + "c,-3,9,\n"),
            "225+25 675+75 0+0");
  EXPECT_EQ(shares_told(line + "a,0,,0\n" + line + "b,0,,\n"), "0+0 0+0");
  EXPECT_EQ(shares_told(line + "a,1,0,4\n" + line + "b,3,0,\n"), "0+100 0+300");
  const auto yuan = [](int fen) { return fmt::format("0.{:02}", fen); };
  const int costs[] = {1, 2, 7};
  for (const int a : costs)
    for (const int b : costs)
      for (int price = 0; price <= 9; ++price)
        for (int refund = 0; refund <= price; ++refund) {
          const std::string more = "," + yuan(price) + "," + yuan(refund) + "\n";
          const auto records = records_of(
              "order_id,created_at,status,sku,line_total,total,refund_amount\n" + line + "a," +
              yuan(a) + more + line + "b," + yuan(b) + more + line + "c,0.05" + more);
          ASSERT_THAT(records, SizeIs(1));
          const Result<Order> order = order_of(records[0]);
          ASSERT_TRUE(order);
          std::int64_t paid = 0, refunded = 0;
          for (const OrderItem& item : order->items) {
            ASSERT_TRUE(item.share && item.refund_share);
            EXPECT_GE(*item.refund_share, 0) << a << ' ' << b << more;
            EXPECT_GE(*item.share, *item.refund_share) << a << ' ' << b << more;
            paid += *item.share;
            refunded += *item.refund_share;
          }
          EXPECT_EQ(paid, price);
          EXPECT_EQ(refunded, refund);
        }
}

TEST(FileOrderTransformTest, LinesWithoutPiecesCountOneWhereOthersTellTheirs) {
  const auto pieces = [](const std::string& rows) {
    const auto records = records_of("order_id,created_at,status,sku,title,quantity,total\n" + rows);
    const Result<Order> order = order_of(records.at(0));
    return order && order->quantity ? *order->quantity : -1;
  };
  const std::string line = "1,2025-01-01,paid,";
  EXPECT_EQ(pieces(line + "a,A,2,9\n" + line + "b,B,3,9\n"), 5);
  EXPECT_EQ(pieces(line + "a,A,2,9\n" + line + "b,B,,9\n"), 3);
  EXPECT_EQ(pieces(line + "a,A,2,9\n" + line + ",Shipping,,9\n"), 2);
  EXPECT_EQ(pieces(line + "a,A,,9\n" + line + "b,B,,9\n"), -1);
}

TEST(FileOrderTransformTest, AmountsOfRowsThatMayBeTheOrdersAreReported) {
  const auto reported = [](const std::string& column, const std::string& second = "5.00",
                           FieldMap map = {}) {
    const auto records =
        records_of("order_id,created_at,status,sku," + column +
                       "\n1,2025-01-01,paid,a,5.00\n1,2025-01-01,paid,b," + second + "\n",
                   Layout{.map = std::move(map)});
    std::vector<UnknownCode> unknown;
    const Result<Order> order = order_of(records.at(0), &unknown);
    EXPECT_TRUE(order);
    return order ? std::to_string(order->price.value_or(-1)) + (unknown.empty() ? "" : " reported")
                 : order.error().what.en;
  };
  EXPECT_EQ(reported("amount"), "500 reported");
  EXPECT_EQ(reported("Price"), "500 reported");
  EXPECT_EQ(reported("金额"), "500 reported");
  EXPECT_EQ(reported("amount", ""), "500");
  EXPECT_EQ(reported("total"), "500");
  EXPECT_EQ(reported("order_amount"), "500");
  EXPECT_EQ(reported("amount", "5.00", {{Field::price, "amount"}}), "500");
  EXPECT_EQ(reported("amount", "5.00", {{Field::line_price, "amount"}}), "1000");
}

/// Of an order of 10 yuan: its refund, or what was reported.
std::string refund_told(const std::string& state, const std::string& refund,
                        const std::string& refunded_at = "") {
  const auto records =
      records_of("order_id,created_at,price,status,refund_amount,refund_time\n" +
                 ("1,2025-01-02,10," + state + "," + refund) + "," + refunded_at + "\n");
  std::vector<UnknownCode> unknown;
  const Result<Order> order = order_of(records[0], &unknown);
  if (!order) return order.error().what.en;
  std::string told = order->refund_money ? std::to_string(*order->refund_money) : "none";
  for (const UnknownCode& code : unknown) told += " ?" + code.field + code.code;
  return told;
}

TEST(FileOrderTransformTest, ARefundWithoutAnAmountIsTheWholePriceOrReported) {
  EXPECT_EQ(refund_told("refunded", ""), "1000");
  EXPECT_EQ(refund_told("3", ""), "1000");
  EXPECT_EQ(refund_told("refunded", "4"), "400");
  EXPECT_EQ(refund_told("refunded", "0"), "0 ?refund_money");
  EXPECT_EQ(refund_told("partially_refunded", ""), "none ?refund_money");
  EXPECT_EQ(refund_told("partially_refunded", "0.00"), "0 ?refund_money");
  EXPECT_EQ(refund_told("paid", "", "2025-01-03"), "none ?refund_money");
  // Asked for, or failed: a time is that of the request.
  EXPECT_EQ(refund_told("8", "", "2025-01-03"), "none");
  EXPECT_EQ(refund_told("9", "", "2025-01-03"), "none");
  EXPECT_EQ(refund_told("pending", ""), "none");
  EXPECT_THAT(refund_told("refunded", "-4"),
              HasSubstr("refund_money cannot be stored: -4 (it is neg"));
}

TEST(FileOrderTransformTest, WhetherAnOrderWasPaidIsReportedIfNoColumnTells) {
  const auto told = [](const std::string& text) {
    std::vector<UnknownCode> unknown;
    EXPECT_TRUE(order_of(records_of(text)[0], &unknown));
    return unknown;
  };
  EXPECT_THAT(told("order_id,created_at,price\n1,2025-01-02,10\n"),
              ElementsAre(UnknownCode{.field = "order_state", .code = ""}));
  EXPECT_THAT(told("order_id,created_at,price,status\n1,2025-01-02,10,\n"), SizeIs(1));
  EXPECT_THAT(told("order_id,created_at,price,pay_time\n1,2025-01-02,10,\n"), IsEmpty());
  EXPECT_THAT(told("order_id,created_at,price,refund_amount\n1,2025-01-02,10,1\n"), IsEmpty());
}

TEST(FileOrderTransformTest, WhatCannotBeStoredSaysWhy) {
  const auto records = records_of(
      "order_id,created_at,price\n"
      "1,2025-01-01,1.005\n"
      "2,soon,1\n"
      "3,2025-01-01\n"
      ",2025-01-01,1\n"
      "4,2025-01-01,1\n4,2025-01-01,2\n"
      "5,2025-01-01,1\n"
      "6,2025-01-01,1\xFF\n"
      "5,2025-01-01,1\n"
      "7,2025-01-01,\"1\"x\n"
      "8,2025-01-01,\n");
  ASSERT_THAT(records, SizeIs(10));
  EXPECT_THAT(why_not(records[0]),
              HasSubstr("price cannot be stored: 1.005 (it has more than two decimals"));
  EXPECT_THAT(why_not(records[1]), HasSubstr("created_at cannot be stored: soon"));
  EXPECT_THAT(why_not(records[2]), HasSubstr("2 fields, the header 3"));
  EXPECT_THAT(why_not(records[3]), HasSubstr("order_id is missing"));
  EXPECT_THAT(why_not(records[4]), HasSubstr("differ in price: 1 and 2"));
  EXPECT_EQ(why_not(records[5]), "stored");
  EXPECT_THAT(why_not(records[6]), HasSubstr("not UTF-8"));
  EXPECT_THAT(why_not(records[7]), HasSubstr("stands in the file before"));
  EXPECT_THAT(why_not(records[8]), HasSubstr("quotes"));
  EXPECT_THAT(why_not(records[9]), HasSubstr("price is missing"));
  EXPECT_THAT(records[7].id, IsEmpty());
}

TEST(FileOrderTransformTest, ObjectsOnLinesMayNestTheirItems) {
  const auto records = records_of(
      R"({"id":"a","customer":{"id":9},"created_at":"2025-01-01T00:00:00Z","amount":1990,)"
      R"("status":"return_pending","items":[{"sku":"x","quantity":2},{"sku":"y","quantity":"1"}]})"
      "\n{}\nnot json\n",
      {.format = Format::ndjson, .map = {{Field::user_id, "customer.id"}}, .amounts_in_fen = true});
  ASSERT_THAT(records, SizeIs(3));
  std::vector<UnknownCode> unknown;
  const Result<Order> order = order_of(records[0], &unknown);
  ASSERT_TRUE(order) << order.error().what.en;
  EXPECT_EQ(order->user_id, "9");
  EXPECT_EQ(order->price, 1990);
  EXPECT_EQ(order->order_state, -1);
  EXPECT_EQ(order->order_state_text, "return_pending");
  ASSERT_THAT(unknown, SizeIs(1));
  EXPECT_EQ(unknown[0].code, "return_pending");
  ASSERT_THAT(order->items, SizeIs(2));
  EXPECT_EQ(order->quantity, 3);
  EXPECT_THAT(why_not(records[1]), HasSubstr("order_id is missing"));
  EXPECT_THAT(why_not(records[2]), HasSubstr("no JSON object"));
}

TEST(FileOrderTransformTest, TheVersionIsTheNewestStampOfItsRows) {
  const auto records = records_of(
      "order_id,created_at,price,updated_at\n"
      "1,2025-01-01,1,2025-01-03 00:00:00\n1,2025-01-01,1,2025-01-02 00:00:00\n"
      "2,2025-01-01,1,\n");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(updated_at(records[0].payload)->text(), "2025-01-03 00:00:00");
  EXPECT_FALSE(updated_at(records[1].payload));
}

TEST(FileOrderTransformTest, WhatStandsForNoneIsNone) {
  const std::vector<RawRecord> records =
      records_of("order_id,user_id,created_at,paid_at,price\n1,NULL,2025-01-01,\\N,5.00\n",
                 {.nulls = {"NULL", "\\N"}});
  ASSERT_EQ(records.size(), 1U);
  const Result<Order> order = order_of(records[0]);
  ASSERT_TRUE(order) << order.error().what.en;
  EXPECT_EQ(order->user_id, "");
  EXPECT_FALSE(order->pay_time);
}

}  // namespace
}  // namespace tidemark::load::file
