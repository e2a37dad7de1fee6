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
