#include "base/json_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(JsonObject, SplitsMembersAndKeepsTheirText) {
  const auto members = json_members(
      " { \"a\" : 100000.00 , \"b\\u00e9\":{\"x\":[1,\"}\"]},\"c\":\"\\\"}\" , \"d\":[ ] , "
      "\"e\":null} ");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 5U);
  EXPECT_EQ((*members)[0].name, "a");
  EXPECT_EQ((*members)[0].value, "100000.00");
  EXPECT_EQ((*members)[1].name, "bé");
  EXPECT_EQ((*members)[1].value, "{\"x\":[1,\"}\"]}");
  EXPECT_EQ((*members)[2].value, "\"\\\"}\"");
  EXPECT_EQ((*members)[3].value, "[ ]");
  EXPECT_EQ((*members)[4].value, "null");
}

TEST(JsonObject, KnowsWhatIsNoObjectOrArray) {
  EXPECT_FALSE(json_members("[1]"));
  EXPECT_FALSE(json_members("1"));
  EXPECT_FALSE(json_elements("{}"));
  EXPECT_FALSE(json_text("1"));
  EXPECT_TRUE(json_members("{}")->empty());
  EXPECT_TRUE(json_members(" { } ")->empty());
  EXPECT_TRUE(json_elements(" [ ] ")->empty());
}

TEST(JsonObject, FindsOneValue) {
  constexpr std::string_view text =
      " { \"first\":{\"id\":0} , \"\\u0069d\" : \"a long text with a \\\" and a } in it\","
      "\"id\":2,\"last\":[{}]}";
  EXPECT_EQ(json_value_of(text, "id"), R"("a long text with a \" and a } in it")");
  EXPECT_EQ(json_value_of(text, "last"), "[{}]");
  EXPECT_FALSE(json_value_of(text, "none"));
  EXPECT_FALSE(json_value_of("{}", "id"));
  EXPECT_FALSE(json_value_of("[\"id\"]", "id"));
}

TEST(JsonObject, SplitsElements) {
  EXPECT_THAT(*json_elements("[1 , \"a,]\",[2,3],{\"x\":1} ]"),
              testing::ElementsAre("1", "\"a,]\"", "[2,3]", "{\"x\":1}"));
}

TEST(JsonObject, UnescapesText) {
  EXPECT_EQ(json_text("\"a\\n\\\"\\/\\u4e2d\\ud83d\\ude00\""), "a\n\"/中😀");
  EXPECT_FALSE(json_text("\"\\ud800\""));
  EXPECT_FALSE(json_text("\"\\ud800\\u0041\""));
  EXPECT_FALSE(json_text("\"\\udc00\""));
}

TEST(JsonObject, CompactsOutsideOfStringsOnly) {
  EXPECT_EQ(json_compact(" { \"a b\" : [ 1.00 , \" \\\" x \" ] }\n"),
            "{\"a b\":[1.00,\" \\\" x \"]}");
}

}  // namespace
}  // namespace tidemark
