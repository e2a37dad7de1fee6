// What columns of a file are taken for, and which files are no orders.

#include "load/file/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::load::file {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string refusal(const Columns& columns, const FieldMap& map = {}) {
  const Result<void> checked = check_columns(columns, map);
  if (checked) return "orders";
  EXPECT_EQ(checked.error().kind, ErrorKind::usage);
  return checked.error().what.en + "; " + checked.error().hint.en;
}

TEST(Columns, OneThatOnlyOrdersHaveIsEnough) {
  for (const auto& sign :
       {"customer_id", "Financial Status", "fulfillment_status", "paid_at", "line_total"})
    EXPECT_EQ(refusal({.names = {"id", "created_at", "price", sign}}), "orders") << sign;
  EXPECT_EQ(refusal({.names = {"id", "created_at", "total_price"}}), "orders");
  EXPECT_EQ(refusal({.names = {"id", "order_date", "price"}}), "orders");
  EXPECT_EQ(refusal({.names = {"order_id", "created_at", "price"}}), "orders");
  EXPECT_EQ(refusal({.names = {"id", "订单号", "创建时间", "price"}}), "orders");
}

TEST(Columns, OnlyObjectsHaveItemsInside) {
  EXPECT_EQ(refusal({.names = {"id", "created_at", "items"}, .all = false}), "orders");
  EXPECT_NE(refusal({.names = {"id", "created_at", "price", "items"}}), "orders");
  EXPECT_THAT(refusal({.names = {"order_id", "created_at", "items"}}), HasSubstr("price"));
}

TEST(Columns, WhatProductsHaveTooIsNot) {
  EXPECT_THAT(
      refusal({.names = {"product_id", "id", "created_at", "price", "sku", "title", "status"}}),
      AllOf(HasSubstr("does not look like orders: id and created_at"),
            HasSubstr("product_id, id, created_at"), HasSubstr("--map order_id=id")));
  EXPECT_EQ(refusal({.names = {"id", "created_at", "price"}}, {{Field::order_id, "id"}}), "orders");
  // The time and the amount of a product may have to be named as well.
  EXPECT_NE(refusal({.names = {"id", "made", "cost"}},
                    {{Field::created_at, "made"}, {Field::price, "cost"}}),
            "orders");
}

TEST(Columns, PaymentsOfOrdersAreNotTheOrders) {
  const std::vector<std::string> payments = {"id",      "order_id", "amount", "created_at",
                                             "user_id", "status",   "paid_at"};
  EXPECT_THAT(refusal({.names = payments}), HasSubstr("--map order_id=order_id"));
  EXPECT_EQ(refusal({.names = payments}, {{Field::order_id, "order_id"}}), "orders");
  EXPECT_EQ(refusal({.names = {"id", "order_id", "created_at", "line_total"}}), "orders");
}

TEST(Columns, PaymentsGoByManyNames) {
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"payment_id", "order_id", "amount", "created_at"},
           {"order_id", "Payment No", "user_id", "paid_at", "created_at", "total"},
           {"refund_id", "order_no", "refund_amount", "created_at", "price"},
           {"transaction_id", "order_id", "amount", "created_at", "status"},
           {"item_id", "order_id", "sku", "quantity", "price", "created_at"},
           {"refund_id", "order_id", "line_total", "created_at"},
           {"退货单号", "订单号", "line_total", "创建时间"},
           {"order_id", "refund_id", "line_total", "created_at"},
           {"refund_id", "order_id", "order_status", "amount", "created_at"},
           {"退款单号", "订单号", "订单金额", "退款金额", "创建时间"},
           {"退款单号", "订单号", "退款金额", "金额", "创建时间", "amount"},
           {"支付流水号", "订单号", "实付金额", "创建时间"},
           {"order_id", "amount", "payment_id", "created_at"},
           {"order_id", "refund_id", "sku", "quantity", "amount", "created_at"},
           // None of these is a source, a sale, a shop or a store.
           {"resource_id", "order_id", "price", "created_at"},
           {"aftersales_id", "order_id", "price", "created_at"},
           {"presales_id", "order_id", "price", "created_at"},
           {"workshop_id", "order_id", "price", "created_at"},
           {"restore_id", "order_id", "price", "created_at"},
           {"invoice_id", "order_id", "user_id", "amount", "created_at"},
           {"charge_id", "order_id", "user_id", "title", "amount", "created_at"},
           {"id", "refund_id", "customer_id", "amount", "created_at"},
           // Behind a customer or goods, which refunds have as well; they may name the payment.
           {"order_id", "user_id", "amount", "created_at", "refund_id"},
           {"order_id", "user_id", "amount", "created_at", "payment_id", "refund_id"},
           {"order_id", "user_id", "amount", "created_at", "return_no"},
           {"order_id", "user_id", "amount", "created_at", "dispute_id"},
           {"order_id", "user_id", "amount", "created_at", "aftersale_id"},
           {"order_id", "user_id", "amount", "created_at", "paid_at", "payout_id"},
           {"order_id", "sku", "quantity", "amount", "created_at", "refund_id"},
           {"order_id", "user_id", "status", "refund_amount", "amount", "created_at", "refund_id"},
           {"订单号", "用户编号", "商品名称", "金额", "创建时间", "退款单号", "支付单号"}})
    EXPECT_THAT(refusal({.names = names}), HasSubstr("does not look like orders")) << names.front();
}

TEST(Columns, ARefundMayListItsGoods) {
  const std::vector<std::string> names = {"refund_id", "order_id", "items", "price", "created_at"};
  EXPECT_THAT(refusal({.names = names, .all = false}), HasSubstr("--map order_id=order_id"));
  EXPECT_EQ(refusal({.names = names, .all = false}, {{Field::order_id, "order_id"}}), "orders");
}

TEST(Columns, AnOrderMayNameItsPaymentAndItsShop) {
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {"order_id", "payment_id", "order_status", "amount", "created_at"},
           {"order_id", "transaction_id", "amount", "created_at"},
           {"shop_id", "order_id", "amount", "created_at"},
           {"Customer ID", "Order ID", "amount", "created_at"},
           {"paid", "order_id", "amount", "created_at"},
           {"id", "order_no", "amount", "created_at"},
           {"line_id", "order_id", "line_total", "created_at"},
           {"订单号", "支付单号", "实付金额", "下单时间"},
           {"订单编号", "买家会员名", "买家实际支付金额", "订单状态", "订单创建时间"},
           {"订单号", "金额", "创建时间"},
           {"open_id", "order_id", "amount", "created_at"},
           {"source_id", "order_id", "amount", "created_at"},
           {"sales_id", "order_id", "amount", "created_at"},
           {"shop_user_id", "order_id", "amount", "created_at"},
           {"sales_channel_id", "order_id", "amount", "created_at"},
           {"所属门店编号", "订单号", "金额", "创建时间"},
           {"wx_openid", "order_no", "amount", "created_at"},
           {"unionid", "order_id", "amount", "created_at"},
           {"order_id", "user_id", "amount", "created_at", "payment_id"},
           {"order_id", "payment_id", "title", "amount", "created_at"},
           {"order_id", "title", "price", "created_at", "payment_no", "refund_no", "delivery_no"},
           {"order_id", "payment_no", "refund_no", "delivery_no", "price", "created_at"},
           {"order_id", "user_id", "price", "created_at", "delivery_no"},
           {"order_id", "user_id", "order_status", "amount", "created_at", "refund_id"},
           {"order_id", "user_id", "fulfillment_status", "amount", "created_at", "refund_id"},
           {"订单号", "用户编号", "金额", "创建时间", "付款时间", "退款单号"},
           {"门店编号", "订单号", "商品名称", "金额", "创建时间", "退款单号", "支付单号",
            "发货单号"}})
    EXPECT_EQ(refusal({.names = names}), "orders") << names.front() << ", " << names[1];
}

TEST(Columns, OfObjectsOnlyTheFirstAreJudged) {
  EXPECT_THAT(refusal({.names = {"id", "created_at", "price"}, .all = false}),
              HasSubstr("id, created_at, price (those of its first objects)"));
}

TEST(Columns, AStrayBelongsToAnOrderOrIsUnlikeTheFirst) {
  const std::unordered_set<std::string> usual = {"id", "customer_id", "created_at", "price"};
  EXPECT_FALSE(is_stray({"id", "created_at", "price"}, usual, {}));  // Of a guest.
  EXPECT_FALSE(is_stray({"id", "created_at", "price", "note"}, usual, {}));
  EXPECT_FALSE(is_stray({"order_id", "a", "b", "c"}, usual, {}));
  EXPECT_FALSE(is_stray({}, usual, {}));
  EXPECT_TRUE(is_stray({"id", "created_at", "price", "payment_id"}, usual, {}));
  // An order that was refunded, and one that was sent.
  for (const char* more : {"refund_id", "delivery_no"})
    EXPECT_FALSE(is_stray({"id", "customer_id", "created_at", "price", more}, usual, {})) << more;
  EXPECT_TRUE(is_stray({"id", "sku", "title", "created_at", "stock"}, usual, {}));
  EXPECT_TRUE(is_stray({"id", "created_at", "price", "sku"}, usual, {}));  // An article.
  EXPECT_FALSE(
      is_stray({"id", "sku", "title", "created_at", "stock"}, usual, {{Field::order_id, "id"}}));
}

TEST(Columns, AStrayMayHaveAllThatOrdersHave) {
  const std::unordered_set<std::string> usual = {"order_id", "user_id", "created_at", "amount",
                                                 "status"};
  EXPECT_TRUE(is_stray({"id", "order_id", "user_id", "created_at", "amount", "status"}, usual, {}));
  EXPECT_TRUE(
      is_stray({"payment_id", "order_id", "user_id", "created_at", "amount", "status"}, usual, {}));
  EXPECT_FALSE(
      is_stray({"order_id", "user_id", "created_at", "amount", "status", "payment_id"}, usual, {}));
  // A refund, wherever its number stands.
  EXPECT_TRUE(
      is_stray({"order_id", "user_id", "created_at", "amount", "status", "refund_id"}, usual, {}));
  EXPECT_TRUE(is_stray({"amount", "refund_id", "order_id", "user_id", "created_at"}, usual, {}));
  EXPECT_FALSE(is_stray({"order_id", "user_id", "created_at", "amount", "pay_time", "refund_id"},
                        usual, {}));
  // Without any of the columns that tell of orders, of which the others have several.
  const std::unordered_set<std::string> telling = {
      "id", "customer_id", "order_status", "paid_at", "amount", "created_at", "note"};
  EXPECT_TRUE(is_stray({"id", "amount", "created_at", "note"}, telling, {}));
  EXPECT_FALSE(is_stray({"id", "amount", "created_at", "note", "paid_at"}, telling, {}));
}

TEST(Columns, AllThatIsMissingIsToldAtOnce) {
  EXPECT_THAT(refusal({.names = {"No", "Sum"}}, {{Field::user_id, "Buyer"}}),
              AllOf(HasSubstr("order_id, user_id (Buyer), created_at, price"),
                    HasSubstr("The columns: No, Sum"), HasSubstr("--map FIELD=COLUMN")));
  const FieldMap later = {{Field::refund_money, "refund.amount"}};
  const std::vector<std::string> names = {"order_id", "created_at", "price"};
  EXPECT_NE(refusal({.names = names}, later), "orders");
  EXPECT_EQ(refusal({.names = names, .all = false}, later), "orders");
}

TEST(Columns, WhatIsTakenAndWhatIsLeft) {
  const ColumnUse use = use_of(
      {.names = {"Order No", "ordered", "total", "note", "items"}, .item_names = {"sku", "colour"}},
      {{Field::created_at, "ordered"}});
  EXPECT_THAT(use.taken, ElementsAre(Pair("order_id", "Order No"), Pair("created_at", "ordered"),
                                     Pair("price", "total"), Pair("items", "items"),
                                     Pair("resource_id", "items.sku")));
  EXPECT_THAT(use.left, ElementsAre("note", "items.colour"));
  EXPECT_THAT(use_of({}, {}).taken, IsEmpty());
}

}  // namespace
}  // namespace tidemark::load::file
