#include "http/headers.h"

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

TEST(Headers, FindsWhateverTheCase) {
  Headers headers = {{"Content-Type", "application/json"}, {"X-A", "1"}};
  headers.add("x-a", "2");
  EXPECT_EQ(headers.find("content-type"), "application/json");
  EXPECT_EQ(headers.find("X-a"), "1") << "the first";
  EXPECT_EQ(headers.count("x-A"), 2U);
  EXPECT_EQ(headers.find("X"), std::nullopt);
  EXPECT_EQ(headers.at(2).name, "x-a");
  EXPECT_EQ(headers.at(2).value, "2");
}

TEST(Headers, AreAValue) {
  Headers a = {{"A", "1"}};
  const Headers b = a;
  a.clear();
  a.add("B", "");
  EXPECT_EQ(b.find("A"), "1");
  EXPECT_EQ(a.find("B"), "");
  EXPECT_EQ(a.size(), 1U);
}

TEST(Headers, KnowWhatMayBeSent) {
  EXPECT_TRUE(is_token("X-Tidemark-Delivery"));
  for (const char* bad : {"", "a b", "a:b", "a\r\nb", "名", "a\"", "(a)"})
    EXPECT_FALSE(is_token(bad));
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value("a\tb 发票"));
  EXPECT_FALSE(is_field_value("a\r\nSet-Cookie: b"));
  EXPECT_FALSE(is_field_value("a\nb"));
  EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_field_value("a\x7f"));
}

}  // namespace
}  // namespace tidemark::http
