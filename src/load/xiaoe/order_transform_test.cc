#include "load/xiaoe/order_transform.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::load::xiaoe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<Order> transformed(std::string_view payload, std::vector<UnknownCode>* unknown = nullptr,
                          CodeTexts texts = CodeTexts::usual) {
  std::vector<UnknownCode> ignored;
  return XiaoeOrderTransform(texts).transform(payload, unknown != nullptr ? *unknown : ignored);
}

/// A whole row with one field replaced or added.
std::string with(std::string_view name, std::string_view value) {
  std::vector<std::pair<std::string, std::string>> fields = {
      {"order_id", "\"o_1\""},
      {"price", "9.9"},
      {"order_state", "1"},
      {"created_time", "\"2025-01-01 08:00:00\""}};
  bool replaced = false;
  for (auto& [known, text] : fields)
    if (known == name) {
      text = value;
      replaced = true;
    }
  if (!replaced) fields.emplace_back(name, value);
  std::string row = "{";
  for (const auto& [known, text] : fields)
    row += fmt::format("{}\"{}\":{}", row.size() > 1 ? "," : "", known, text);
  return row + "}";
}

TEST(XiaoeOrderTransform, UnitsOfMoneyDiffer) {
  const Result<Order> order =
      transformed(R"({"order_id":"o_1","price":"19.9","coupon_price":500,"refund_money":"1990",)"
                  R"("order_state":"10","created_time":"2025-01-01 08:00:00"})");
  ASSERT_TRUE(order) << order.error().what.en;
  EXPECT_EQ(order->price, 1990);
  EXPECT_EQ(order->coupon_price, 500);
  EXPECT_EQ(order->refund_money, 1990);
  EXPECT_EQ(order->order_state, 10);
  EXPECT_EQ(order->order_state_text, "主动全部退款成功");
}

TEST(XiaoeOrderTransform, EmptyAndZeroMeanNone) {
  const Result<Order> order = transformed(
      R"({"order_id":"o_1","price":0,"coupon_price":"","refund_money":"","order_state":0,)"
      R"("ship_state":null,"created_time":"2025-01-01 08:00:00","pay_time":"0000-00-00 00:00:00",)"
      R"("refund_time":"","settle_time":"-0001-11-30 00:00:00"})");
  ASSERT_TRUE(order) << order.error().what.en;
  EXPECT_EQ(order->price, 0);
  EXPECT_EQ(order->coupon_price, std::nullopt);
  EXPECT_EQ(order->refund_money, std::nullopt);
  EXPECT_EQ(order->ship_state, std::nullopt);
  EXPECT_EQ(order->pay_time, std::nullopt);
  EXPECT_EQ(order->refund_time, std::nullopt);
  EXPECT_EQ(order->settle_time, std::nullopt);
}

TEST(XiaoeOrderTransform, WhatCannotBeStoredIsNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {"price", "1e2"},
      {"price", "0.001"},
      {"price", "\"abc\""},
      {"price", "[1]"},
      {"price", "99999999999999999999999999999999999999999999"},
      {"refund_money", "1.5"},
      {"order_state", "\"paid\""},
      {"order_state", "1.5"},
      {"order_state", "9223372036854775808"},
      {"order_state", "{}"},
      {"created_time", "\"0000-00-00 00:00:00\""},
      {"created_time", "\"2025-13-01 00:00:00\""},
      {"created_time", "1735689600"},
      {"pay_time", "\"yesterday\""},
      {"order_id", "null"},
      {"order_id", "\"\""},
      {"order_id", "{\"a\":1}"},
      {"order_id", '"' + std::string(129, 'x') + '"'},
      {"title", R"("a\u0000b")"},
      {"title", R"("\ud800")"},
      {"title", '"' + std::string(16'001, 'x') + '"'},
  };
  for (const auto& [name, value] : cases) {
    const Result<Order> order = transformed(with(name, value));
    ASSERT_FALSE(order) << name << " = " << value;
    EXPECT_EQ(order.error().kind, ErrorKind::rejected);
    EXPECT_THAT(order.error().what.en, HasSubstr(name));
  }
  for (const char* row : {"[]", "1", "null", "\"o_1\""}) EXPECT_FALSE(transformed(row)) << row;
  EXPECT_FALSE(transformed("{}"));
}

TEST(XiaoeOrderTransform, UnknownFieldsAndCodesDoNotStopARow) {
  std::vector<UnknownCode> unknown;
  const Result<Order> order = transformed(with("order_state", "100"), &unknown);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->order_state, 100);
  EXPECT_THAT(order->order_state_text, IsEmpty());
  EXPECT_THAT(unknown, ElementsAre(UnknownCode{"order_state", "100"}));
  EXPECT_TRUE(transformed(with("new_field", R"({"deep":[1,2,{"x":null}]})")));
}

TEST(XiaoeOrderTransform, OfficialTextsCanBeChosen) {
  const Result<Order> order = transformed(with("order_state", "8"), nullptr, CodeTexts::official);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->order_state_text, "退款中");
}

TEST(XiaoeOrderTransform, TheResourceIsItsOneItem) {
  const Result<Order> order = transformed(
      R"({"order_id":"o_1","price":1,"order_state":1,"created_time":"2025-01-01 08:00:00",)"
      R"("resource_id":"p_7","title":"课程","count":"3","resource_type":21,"order_type":[2, 8]})");
  ASSERT_TRUE(order);
  ASSERT_EQ(order->items.size(), 1U);
  EXPECT_EQ(order->items[0].product_id, "p_7");
  EXPECT_EQ(order->items[0].quantity, 3);
  EXPECT_EQ(order->order_type, "[2,8]");
}

}  // namespace
}  // namespace tidemark::load::xiaoe
