#include "http/query_encoding.h"

#include <gtest/gtest.h>

#include "http/target.h"

namespace tidemark::http {
namespace {

TEST(QueryEncoded, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(query_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(query_encoded("a b&c=d+%/?#"), "a%20b%26c%3Dd%2B%25%2F%3F%23");
  EXPECT_EQ(query_encoded("小鹅通"), "%E5%B0%8F%E9%B9%85%E9%80%9A");
  EXPECT_EQ(query_encoded(""), "");
}

TEST(QueryEncoded, ComesBackThroughAQuery) {
  const std::string text = "s3cr&t=+ %\"小";
  const auto query = Query::parse("key=" + query_encoded(text));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->find("key"), text);
}

}  // namespace
}  // namespace tidemark::http
