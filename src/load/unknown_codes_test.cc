#include "load/unknown_codes.h"

#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

TEST(UnknownCodesTest, OfEachFieldOnlyTheFirstAreKeptAndTheOthersCounted) {
  UnknownCodes codes;
  for (int i = 0; i < 250; ++i)
    codes.add({.field = "order_state", .code = std::to_string(1000 + i)});
  codes.add({.field = "order_state", .code = "1000"});
  codes.add({.field = "ship_state", .code = "7"});
  ASSERT_EQ(codes.fields().size(), 2U);
  const UnknownCodes::OfField& states = codes.fields().at("order_state");
  EXPECT_EQ(states.codes.size(), UnknownCodes::codes_max);
  EXPECT_EQ(states.codes.at("1000"), 2U);
  EXPECT_EQ(states.more, 150U);

  UnknownCodes all;
  all.add(codes);
  all.add(codes);
  EXPECT_EQ(all.fields().at("order_state").codes.size(), UnknownCodes::codes_max);
  EXPECT_EQ(all.fields().at("order_state").more, 300U);
  EXPECT_EQ(all.fields().at("ship_state").codes.at("7"), 2U);
}

TEST(UnknownCodesTest, ALongOneIsCut) {
  UnknownCodes codes;
  codes.add({.field = "order_state", .code = std::string(16'000, 'x')});
  EXPECT_LT(codes.fields().at("order_state").codes.begin()->first.size(), 100U);
}

}  // namespace
}  // namespace tidemark::load
