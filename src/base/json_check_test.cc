#include "base/json_check.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using namespace std::string_literals;

TEST(JsonCheck, AcceptsWhatTheGrammarAccepts) {
  for (const std::string& text :
       {"{}"s, "[]"s, " \t\r\n{\"a\" : [1, -0.5e+10, true, false, null, \"\\u00e9\\n\"]} "s, "0"s,
        "\"发票\""s, "123456789012345678901234567890"s, "-1E400"s, "\"\\ud800\""s,
        "{\"a\":1,\"a\":2}"s, std::string(1000, '[') + std::string(1000, ']')}) {
    EXPECT_FALSE(check_json(text)) << text.substr(0, 60);
  }
}

TEST(JsonCheck, RefusesEverythingElseAndSaysWhere) {
  for (const std::string& text : {""s,
                                  "  "s,
                                  "{"s,
                                  "[1,]"s,
                                  "{\"a\":}"s,
                                  "{\"a\":1,}"s,
                                  "{a:1}"s,
                                  "[1 2]"s,
                                  "01"s,
                                  "1."s,
                                  ".5"s,
                                  "+1"s,
                                  "1e"s,
                                  "nul"s,
                                  "NaN"s,
                                  "'a'"s,
                                  "\"\n\""s,
                                  "\"\\x\""s,
                                  "\"\\u12g4\""s,
                                  "{}x"s,
                                  "[]]"s,
                                  "\xEF\xBB\xBF{}"s,
                                  "\"\xff\""s,
                                  "\"\xed\xa0\x80\""s,
                                  "{\"a\":1}\0"s,
                                  std::string(1001, '[') + std::string(1001, ']')}) {
    const auto fault = check_json(text);
    ASSERT_TRUE(fault) << text.substr(0, 60);
    EXPECT_FALSE(fault->reason.empty());
    EXPECT_LE(fault->position, text.size());
  }
  EXPECT_EQ(check_json("{\"a\":1,}")->position, 7U);
}

TEST(JsonCheck, MissesRequiredFields) {
  const std::vector<std::string> required = {"no", "seller.tax_id"};
  EXPECT_FALSE(check_json(R"({"no":1,"seller":{"tax_id":"x"}})", required));
  EXPECT_FALSE(check_json(R"({"seller":{"t\u0061x_id":"x"},"no":0})", required));
  EXPECT_FALSE(check_json(R"({"\ud83d\ude00":1})", std::vector<std::string>{"😀"}));
  EXPECT_EQ(check_json(R"({"no":null,"seller":{"tax_id":"x"}})", required)->field, "no");
  EXPECT_EQ(check_json(R"({"no":1,"seller":{},"tax_id":2})", required)->field, "seller.tax_id");
  EXPECT_EQ(check_json(R"([{"no":1}])", required)->field, "no");
}

}  // namespace
}  // namespace tidemark
