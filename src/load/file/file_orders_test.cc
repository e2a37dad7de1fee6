// Files of orders: their rows, what their columns mean, and the orders made of them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/json_check.h"
#include "load/file/extractor.h"
#include "load/file/order_transform.h"

namespace tidemark::load::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ByteSource bytes(std::string text, std::size_t at_once = 3) {
  return [text = std::move(text), at_once, at = std::size_t{0}](
             char* into, std::size_t limit) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({at_once, limit, text.size() - at});
    std::memcpy(into, text.data() + at, size);
    at += size;
    return size;
  };
}

std::vector<std::string> rows_of_file(const std::string& text, Format format = Format::csv) {
  RowReader reader(bytes(text), format);
  std::vector<std::string> rows;
  while (reader.next().value_or(false)) rows.push_back(reader.row());
  return rows;
}

class Kept final : public PageSink {
 public:
  Result<void> take(Page page) override {
    for (RawRecord& record : page.records) records.push_back(std::move(record));
    return {};
  }
  std::vector<RawRecord> records;
};

std::vector<RawRecord> records_of(const std::string& text, Layout layout = {}) {
  const Stop stop;
  const auto extractor = FileExtractor::open(bytes(text), {.layout = std::move(layout)}, stop);
  EXPECT_TRUE(extractor) << extractor.error().what.en;
  if (!extractor) return {};
  Kept kept;
  const auto read = (*extractor)->read(std::nullopt, kept);
  EXPECT_TRUE(read) << read.error().what.en;
  for (const RawRecord& record : kept.records) EXPECT_FALSE(check_json(record.payload));
  return std::move(kept.records);
}

Result<Order> order_of(const RawRecord& record, std::vector<UnknownCode>* unknown = nullptr) {
  std::vector<UnknownCode> ignored;
  return FileOrderTransform().transform(record.payload, unknown != nullptr ? *unknown : ignored);
}

std::string why_not(const RawRecord& record) {
  const Result<Order> order = order_of(record);
  return order ? "stored" : order.error().what.en;
}

TEST(RowReaderTest, RowsStayAsTheyStand) {
  EXPECT_THAT(rows_of_file("\xEF\xBB\xBF"
                           "a,b\r\n1,\"x\ny\"\n\n2,\"say \"\"hi\"\"\""),
              ElementsAre("a,b", "1,\"x\ny\"", "2,\"say \"\"hi\"\"\""));
  EXPECT_THAT(rows_of_file("a\t\"b\n", Format::tsv), ElementsAre("a\t\"b"));
}

TEST(RowReaderTest, AnOpenQuoteIsToldWithItsLine) {
  RowReader reader(bytes("a,b\n1,\"x\n2,y\n"), Format::csv);
  ASSERT_TRUE(reader.next().value_or(false));
  const Result<bool> broken = reader.next();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(broken.error().what.en, HasSubstr("line 2"));
}

TEST(FieldsOfTest, QuotesAreTakenOff) {
  EXPECT_THAT(*fields_of("1,\"a,b\",\"c\"\"d\",", Format::csv),
              ElementsAre("1", "a,b", "c\"d", ""));
  EXPECT_FALSE(fields_of("a\"b,c", Format::csv));
  EXPECT_THAT(*fields_of("=\"0012\",=\"\",x", Format::csv), ElementsAre("0012", "", "x"));
  EXPECT_THAT(*fields_of(R"("=""0012""",x)", Format::csv), ElementsAre("0012", "x"));
  for (const char* broken : {"=\"", "=\"a", "=\"a\"b\"", "=\"a\"b", "=\"a,b\""})
    EXPECT_FALSE(fields_of(broken, Format::csv)) << broken;
  EXPECT_FALSE(fields_of("\"a\"b", Format::csv));
  EXPECT_THAT(*fields_of("1\t\"\t", Format::tsv), ElementsAre("1", "\"", ""));
}

TEST(PlacesTest, UsualNamesAreFoundAndMappedOnesGoFirst) {
  const std::vector<std::string> columns = {"Id", "Customer-ID", "user_id", "下单时间", "Total"};
  const auto at = [](const Places& places, Field field) {
    return places[static_cast<std::size_t>(field)];
  };
  const Places usual = places_of(columns, {});
  EXPECT_EQ(at(usual, Field::order_id), 0U);
  EXPECT_EQ(at(usual, Field::user_id), 1U);
  EXPECT_EQ(at(usual, Field::created_at), 3U);
  EXPECT_EQ(at(usual, Field::price), 4U);
  EXPECT_FALSE(at(usual, Field::pay_time));
  EXPECT_EQ(at(places_of(columns, {{Field::user_id, "user_id"}}), Field::user_id), 2U);
  EXPECT_FALSE(at(places_of(columns, {{Field::user_id, "missing"}}), Field::user_id));
  EXPECT_FALSE(at(places_of(columns, {{Field::line_price, "Total"}}), Field::price));
  const std::vector<std::string> both = {"amount", "total"};
  EXPECT_EQ(at(places_of(both, {{Field::line_price, "amount"}}), Field::price), 1U);
  EXPECT_EQ(at(places_of(both, {{Field::line_price, "total"}}), Field::price), 0U);
  const FieldMap twice = {{Field::line_price, "total"}, {Field::price, "total"}};
  EXPECT_EQ(at(places_of(both, twice), Field::price), 1U);
}

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

TEST(FileOrdersTest, TheLinesOfAnOrderBecomeOneOrder) {
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

TEST(FileOrdersTest, ANumberIsACodeAndOneWithoutATextIsReported) {
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
      FileOrderTransform(xiaoe::CodeTexts::official)
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

TEST(FileOrdersTest, TheLinesHaveTheirShareOfTheOrdersMoney) {
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

TEST(FileOrdersTest, EachLineHasWhatIsNearestAndNoneLessThanNothing) {
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

TEST(FileOrdersTest, LinesWithoutPiecesCountOneWhereOthersTellTheirs) {
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

TEST(FileOrdersTest, AmountsOfRowsThatMayBeTheOrdersAreReported) {
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

TEST(FileOrdersTest, ARefundWithoutAnAmountIsTheWholePriceOrReported) {
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

TEST(FileOrdersTest, WhetherAnOrderWasPaidIsReportedIfNoColumnTells) {
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

TEST(FileOrdersTest, WhatCannotBeStoredSaysWhy) {
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

TEST(FileOrdersTest, ObjectsOnLinesMayNestTheirItems) {
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

TEST(FileOrdersTest, TheVersionIsTheNewestStampOfItsRows) {
  const auto records = records_of(
      "order_id,created_at,price,updated_at\n"
      "1,2025-01-01,1,2025-01-03 00:00:00\n1,2025-01-01,1,2025-01-02 00:00:00\n"
      "2,2025-01-01,1,\n");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(updated_at(records[0].payload)->text(), "2025-01-03 00:00:00");
  EXPECT_FALSE(updated_at(records[1].payload));
}

TEST(FileOrdersTest, AColumnThatIsNotThereEndsItBeforeItBegins) {
  const Stop stop;
  const auto without = FileExtractor::open(bytes("order_id,price\n"), {}, stop);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::usage);
  EXPECT_THAT(without.error().what.en, HasSubstr("created_at"));
  const auto mapped = FileExtractor::open(bytes("order_id,price,date\n"),
                                          {.layout = {.map = {{Field::created_at, "Date"}}}}, stop);
  ASSERT_FALSE(mapped);
  EXPECT_THAT(mapped.error().what.en, HasSubstr("order_id, price, date"));
  EXPECT_FALSE(FileExtractor::open(bytes(""), {}, stop));
  const auto gbk = FileExtractor::open(bytes("\xb6\xa9\xb5\xa5\xba\xc5,price\n"), {}, stop);
  ASSERT_FALSE(gbk);
  EXPECT_THAT(gbk.error().hint.en, HasSubstr("GBK"));
}

TEST(FileOrdersTest, OtherMarksBetweenTheColumnsAreTold) {
  const auto hint = [](const std::string& header, Format format = Format::csv) {
    const Stop stop;
    const auto opened =
        FileExtractor::open(bytes(header + "\n"), {.layout = {.format = format}}, stop);
    EXPECT_FALSE(opened);
    return opened ? std::string() : opened.error().hint.en;
  };
  EXPECT_THAT(hint("order_id\tcreated_at\tprice"), HasSubstr("--format tsv"));
  EXPECT_THAT(hint("order_id,created_at,price", Format::tsv), HasSubstr("--format csv"));
  EXPECT_THAT(hint("order_id;created_at;price"), HasSubstr("delimiter=\";\""));
  EXPECT_THAT(hint("\"order_id\";\"created_at\""), HasSubstr("delimiter=\";\""));
  EXPECT_THAT(hint("order_id|created_at|price"), HasSubstr("delimiter=\"|\""));
  EXPECT_THAT(hint("order_id"), HasSubstr("--map"));
  EXPECT_THAT(hint("order_id,created;at"), HasSubstr("--map"));
}

TEST(FileOrdersTest, TheFirstObjectsTellTheColumnsAndAreReadOnce) {
  const Stop stop;
  const auto products = FileExtractor::open(
      bytes("not json\n{\"id\":1,\"created_at\":\"2025-01-01\",\"price\":2,\"sku\":\"a\"}\n"),
      {.layout = {.format = Format::ndjson}}, stop);
  ASSERT_FALSE(products);
  EXPECT_THAT(products.error().what.en, HasSubstr("id, created_at, price, sku"));
  std::string text;
  const std::size_t rows = FileExtractor::objects_looked_at + 5;
  for (std::size_t i = 0; i < rows; ++i)
    text += fmt::format(R"({{"order_id":"{}","created_at":"2025-01-01","price":1}})", i) + "\n";
  const auto records = records_of(text, {.format = Format::ndjson});
  ASSERT_THAT(records, SizeIs(rows));
  for (std::size_t i = 0; i < rows; ++i) EXPECT_EQ(records[i].id, std::to_string(i));
}

/// What a file of objects came to.
struct Loaded {
  std::vector<RawRecord> records;
  ColumnUse use;
};
Loaded objects(std::string text) {
  const Stop stop;
  const auto extractor = FileExtractor::open(bytes(std::move(text), 65536),
                                             {.layout = {.format = Format::ndjson}}, stop);
  EXPECT_TRUE(extractor) << extractor.error().what.en;
  if (!extractor) return {};
  Kept kept;
  EXPECT_TRUE((*extractor)->read(std::nullopt, kept));
  return {.records = std::move(kept.records), .use = (*extractor)->column_use()};
}
std::string orders_at_first() {
  std::string text;
  for (std::size_t i = 0; i < FileExtractor::objects_looked_at; ++i)
    text +=
        fmt::format(R"({{"id":"o{}","customer_id":1,"created_at":"2025-01-01","price":1}})", i) +
        "\n";
  return text;
}

TEST(FileOrdersTest, ColumnsThatComeLaterAreTakenAndTold) {
  const Loaded loaded = objects(
      orders_at_first() +
      R"({"id":"late","created_at":"2025-01-01","price":1,"refund_amount":"0.50","note":"x"})");
  EXPECT_EQ(order_of(loaded.records.back())->refund_money, 50);
  EXPECT_THAT(loaded.use.taken,
              ::testing::Contains(::testing::Pair("refund_money", "refund_amount")));
  EXPECT_THAT(loaded.use.left, ElementsAre("note"));
  EXPECT_FALSE(loaded.use.more);
}

TEST(FileOrdersTest, ColumnsInsideItemsAreToldOfAllObjects) {
  const auto order = [](int id, std::string_view items) {
    return fmt::format(
        R"({{"id":"i{}","customer_id":1,"created_at":"2025-01-01","price":1,"items":{}}})"
        "\n",
        id, items);
  };
  const Loaded loaded =
      objects(orders_at_first() + order(1, R"([{"sku":"a"}])") +
              order(2, R"([{"sku":"a"},{"colour":"red","name":"x"}])") +
              order(3, R"([{"sku":"a","qty":2}])") + order(4, "[]") + order(5, R"("none")"));
  EXPECT_THAT(loaded.use.taken,
              ::testing::IsSupersetOf({::testing::Pair("resource_id", "items.sku"),
                                       ::testing::Pair("quantity", "items.qty")}));
  EXPECT_THAT(loaded.use.left, ElementsAre("items.colour", "items.name"));
}

TEST(FileOrdersTest, ATableBehindTheOrdersIsSetAside) {
  const std::size_t first = FileExtractor::objects_looked_at;
  std::string text = orders_at_first();
  for (std::size_t i = 0; i < first; ++i) {
    text += fmt::format(
        R"({{"payment_id":{0},"order_id":"o{0}","created_at":"2025-01-01","price":1}})"
        "\n"
        R"({{"id":{0},"created_at":"2025-01-01","price":1,"sku":"s{0}"}})"
        "\n"
        R"({{"id":{0},"order_id":"x{0}","customer_id":1,"created_at":"2025-01-01","price":1}})"
        "\n",
        i);
  }
  const Loaded loaded = objects(std::move(text));
  ASSERT_THAT(loaded.records, SizeIs(4 * first));
  for (std::size_t i = 0; i < loaded.records.size(); ++i)
    EXPECT_THAT(why_not(loaded.records[i]),
                HasSubstr(i < first ? "stored" : "does not look like an order"))
        << loaded.records[i].payload;
}

TEST(FileOrdersTest, ARefundBehindTheOrdersIsSetAside) {
  std::string text;
  const std::size_t first = FileExtractor::objects_looked_at;
  for (std::size_t i = 0; i < first; ++i)
    text +=
        fmt::format(R"({{"order_id":"o{}","user_id":"u","amount":99,"created_at":"2025-01-01"}})"
                    "\n",
                    i);
  text += R"({"order_id":"o1","user_id":"u","amount":5,"created_at":"2025-01-03","refund_id":"f1"})"
          "\n";
  const Loaded loaded = objects(std::move(text));
  ASSERT_THAT(loaded.records, SizeIs(first + 1));
  EXPECT_EQ(why_not(loaded.records[1]), "stored");
  EXPECT_THAT(why_not(loaded.records.back()), HasSubstr("does not look like an order"));
}

TEST(FileOrdersTest, AFileThatTurnsIntoSomethingElseIsTold) {
  const Loaded loaded = objects(
      orders_at_first() +
      R"({"id":"o0","order_id":"o1","created_at":"2025-01-01","price":1,"method":"card"})"
      "\n"
      R"({"id":"p1","created_at":"2025-01-01","price":1,"sku":"s","stock":3,"brand":"b","unit":"kg"})"
      "\n"
      R"({"id":"guest","created_at":"2025-01-01","price":1})"
      "\n");
  const std::size_t first = FileExtractor::objects_looked_at;
  ASSERT_THAT(loaded.records, SizeIs(first + 3));
  for (std::size_t i = 0; i < first; ++i) EXPECT_EQ(why_not(loaded.records[i]), "stored");
  for (const std::size_t i : {first, first + 1}) {
    EXPECT_THAT(why_not(loaded.records[i]), HasSubstr("does not look like an order"));
    EXPECT_THAT(loaded.records[i].id, IsEmpty());
  }
  EXPECT_EQ(why_not(loaded.records.back()), "stored");
  EXPECT_THAT(loaded.use.left, IsEmpty());
}

TEST(FileOrdersTest, AStrayAmongTheFirstIsToldToo) {
  const Loaded loaded = objects(
      R"({"id":"p1","created_at":"2025-01-01","price":1,"sku":"s","stock":3,"brand":"b","unit":"kg"})"
      "\n" +
      orders_at_first());
  EXPECT_THAT(why_not(loaded.records.front()), HasSubstr("does not look like an order"));
  EXPECT_EQ(why_not(loaded.records[1]), "stored");
}

/// `,"NAME0":1,…`
std::string members(std::string_view name, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format(R"(,"{}{}":1)", name, i);
  return text;
}

TEST(FileOrdersTest, NamesWithoutEndAreRefusedBeforeAnythingIsRead) {
  const Stop stop;
  const std::string order = R"({"id":1,"customer_id":1,"created_at":"2025-01-01","price":1)";
  std::string many, in_items = order + R"(,"items":[{"sku":1)" + members("i", 1200) + "}]}";
  for (int i = 0; i < 5; ++i) many += order + members(fmt::format("n{}_", i), 300) + "}\n";
  for (const std::string& text : {many, in_items, order + members("n", 60'000) + "}"}) {
    const auto refused =
        FileExtractor::open(bytes(text, 65536), {.layout = {.format = Format::ndjson}}, stop);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_THAT(refused.error().what.en, HasSubstr("more than 1000 different members"));
  }
  std::string header = "order_id,created_at,price";
  for (int i = 0; i < 1000; ++i) header += fmt::format(",c{}", i);
  const auto refused = FileExtractor::open(bytes(header + "\n"), {}, stop);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what.en, HasSubstr("1003 columns"));
}

TEST(FileOrdersTest, NamesWithoutEndFurtherDownStopNothing) {
  const auto order = [](const std::string& id, const std::string& more) {
    return fmt::format(R"({{"id":"{}","customer_id":1,"created_at":"2025-01-01","price":1{}}})", id,
                       more) +
           "\n";
  };
  std::string text = orders_at_first() + order("wide", members("w", 1200));
  for (int i = 0; i < 5; ++i)
    text += order(fmt::format("n{}", i), members(fmt::format("n{}_", i), 900));
  text += order("last", "");
  const Loaded loaded = objects(std::move(text));
  const std::size_t first = FileExtractor::objects_looked_at;
  ASSERT_THAT(loaded.records, SizeIs(first + 7));
  EXPECT_THAT(why_not(loaded.records[first]), HasSubstr("more than 1000 columns"));
  for (std::size_t i = first + 1; i < loaded.records.size(); ++i)
    EXPECT_EQ(why_not(loaded.records[i]), "stored");
  EXPECT_TRUE(loaded.use.more);
  EXPECT_THAT(loaded.use.left, SizeIs(columns_max - 4));
}

TEST(FileOrdersTest, AnOrderOfEndlessRowsIsSetAsideAndNotGathered) {
  std::string text = "order_id,created_at,price,title\n";
  for (int i = 0; i < 3000; ++i) text += "1,2025-01-01,1," + std::string(1000, 'x') + "\n";
  const Stop stop;
  const auto extractor = FileExtractor::open(bytes(text, 65536), {}, stop);
  ASSERT_TRUE(extractor);
  Kept kept;
  ASSERT_TRUE((*extractor)->read(std::nullopt, kept));
  ASSERT_THAT(kept.records, SizeIs(3));
  EXPECT_THAT(why_not(kept.records[0]), HasSubstr("too many rows"));
  EXPECT_THAT(why_not(kept.records[1]), HasSubstr("stands in the file before"));
}

TEST(FileOrdersTest, WhatStandsForNoneIsNone) {
  const std::vector<RawRecord> records =
      records_of("order_id,user_id,created_at,paid_at,price\n1,NULL,2025-01-01,\\N,5.00\n",
                 {.nulls = {"NULL", "\\N"}});
  ASSERT_EQ(records.size(), 1U);
  const Result<Order> order = order_of(records[0]);
  ASSERT_TRUE(order) << order.error().what.en;
  EXPECT_EQ(order->user_id, "");
  EXPECT_FALSE(order->pay_time);
}

TEST(LayoutTest, IsReadAsItWasWritten) {
  const Layout layout{.format = Format::tsv,
                      .header = "a\t\"b\"",
                      .map = {{Field::price, "\"b\""}},
                      .amounts_in_fen = true,
                      .zone = std::chrono::minutes(-330)};
  const std::optional<Layout> again = parse_layout(layout_json(layout));
  ASSERT_TRUE(again);
  EXPECT_EQ(layout_json(*again), layout_json(layout));
  EXPECT_FALSE(parse_layout("{}"));
}

}  // namespace
}  // namespace tidemark::load::file
