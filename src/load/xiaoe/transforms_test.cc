// After-sales, users, goods and live streams as rows of the warehouse.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/xiaoe/live_transform.h"
#include "load/xiaoe/product_transform.h"
#include "load/xiaoe/refund_transform.h"
#include "load/xiaoe/user_transform.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<UnknownCode> unknown;

TEST(RefundTransform, TheShopsOwnTextsGoFirst) {
  const Result<Refund> refund = RefundTransform().transform(
      R"({"aftersale_id":"as_1","order_id":"o_1","state":"13","state_str":"已退款","sale_type":7,)"
      R"("refund_money":"","created_at":"2025-01-01 00:00:00","updated_at":"0000-00-00 00:00:00",)"
      R"("goods_list":"none"})",
      unknown);
  ASSERT_TRUE(refund) << refund.error().what.en;
  EXPECT_EQ(refund->state_text, "已退款");
  EXPECT_EQ(refund->refund_money, std::nullopt);
  EXPECT_EQ(refund->source_updated_at, std::nullopt);
  EXPECT_EQ(refund->goods_count, std::nullopt);
}

TEST(UserTransform, TelephoneNumbersStayOut) {
  const Result<User> user = UserTransform().transform(
      R"({"user_id":"u_1","user_nickname":"小王😀","bind_phone":"13800000000","from":"公众号",)"
      R"("pay_sum":"12345","punch_count":null,"user_created_at":"2025-01-01 08:00:00"})",
      unknown);
  ASSERT_TRUE(user) << user.error().what.en;
  EXPECT_EQ(user->pay_sum, 12345);
  EXPECT_EQ(user->channel, "公众号");
  for (const sql::Value& cell : row_of(*user).cells)
    if (const auto* text = std::get_if<std::string>(&cell))
      EXPECT_THAT(*text, ::testing::Not(HasSubstr("138")));
}

TEST(ProductTransform, PricesAreInFen) {
  std::vector<UnknownCode> codes;
  const Result<Product> product = ProductTransform(CodeTexts::usual)
                                      .transform(R"({"resource_id":"p_1","goods_name":"课程",)"
                                                 R"("price_low":1990,"price_high":"2990.0",)"
                                                 R"("price_line":"","sale_status":5,)"
                                                 R"("resource_type":21,"is_deleted":false,)"
                                                 R"("updated_at":"-0001-11-30 00:00:00"})",
                                                 codes);
  ASSERT_TRUE(product) << product.error().what.en;
  EXPECT_EQ(product->price_high, 2990);
  EXPECT_EQ(product->price_line, std::nullopt);
  EXPECT_EQ(product->resource_type_text, "实体商品");
  EXPECT_EQ(product->is_deleted, 0);
  EXPECT_THAT(codes, ElementsAre(UnknownCode{"sale_status", "5"}));
}

TEST(LiveTransform, TheDetailGoesBeforeTheList) {
  const std::string payload = live_payload(
      R"({"id":"l_1","title":"旧","alive_type":10,"view_count":5,"reward_sum":"1.50"})",
      R"({"id":"l_1","title":"新","alive_state":2,"reward_sum":0,"purchase_count":"3",)"
      R"("alive_start_at":"2025-01-01 20:00:00","alive_stop_at":"2025-01-01 21:00:00",)"
      R"("alive_manual_stop_at":"0000-00-00 00:00:00","view_count":null})");
  const Result<LiveStream> live = LiveTransform().transform(payload, unknown);
  ASSERT_TRUE(live) << live.error().what.en;
  EXPECT_EQ(live->title, "新");
  EXPECT_EQ(live->view_count, 5);
  EXPECT_EQ(live->reward_sum, 0);
  EXPECT_EQ(live->purchase_count, 3);
  EXPECT_EQ(live->alive_type_text, "横屏");
  EXPECT_EQ(live->ended_at, CivilTime::parse("2025-01-01 21:00:00"));
}

TEST(LiveTransform, ARefusalOfTheDetailsSetsTheRowAside) {
  const Result<LiveStream> live = LiveTransform().transform(
      live_payload_refused(R"({"id":"l_1"})", "code 40004: \"gone\"\xff"), unknown);
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().kind, ErrorKind::rejected);
  EXPECT_THAT(live.error().what.en, HasSubstr("40004: \"gone\""));
}

template <class Record>
void expect_a_cell_for_each_column() {
  // But for platform, time_zone and updated_at.
  EXPECT_EQ(row_of(Record{}).cells.size() + 3, Record::table().columns.size());
}

TEST(Transforms, RowsHaveACellForEachColumn) {
  expect_a_cell_for_each_column<Refund>();
  expect_a_cell_for_each_column<User>();
  expect_a_cell_for_each_column<Product>();
  expect_a_cell_for_each_column<LiveStream>();
}

TEST(Transforms, RowsThatAreNoneAreRefused) {
  for (const char* row : {"[]", "1", "null", "\"x\"", "{}"}) {
    std::vector<UnknownCode> codes;
    EXPECT_FALSE(RefundTransform().transform(row, codes)) << row;
    EXPECT_FALSE(UserTransform().transform(row, codes)) << row;
    EXPECT_FALSE(ProductTransform(CodeTexts::usual).transform(row, codes)) << row;
    EXPECT_FALSE(LiveTransform().transform(live_payload(row, row), codes)) << row;
    EXPECT_FALSE(LiveTransform().transform(row, codes)) << row;
    EXPECT_THAT(codes, IsEmpty());
  }
}

}  // namespace
}  // namespace tidemark::load::xiaoe
