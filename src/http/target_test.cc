#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> segments(std::string_view text) {
  const auto target = parse_target(text);
  EXPECT_TRUE(target) << text;
  return target ? target->segments : std::vector<std::string>{"refused"};
}

TEST(PercentDecode, DecodesOnce) {
  EXPECT_EQ(percent_decode("a%20b"), "a b");
  EXPECT_EQ(percent_decode("%2525"), "%25");
  EXPECT_EQ(percent_decode("%e5%8F%91"), "发");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecode, RefusesWhatIsBroken) {
  for (const char* bad : {"%", "%2", "a%zz", "%0g", "%00", "%ff", "%c0%af", "%ed%a0%80", "%u0041"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
  EXPECT_EQ(percent_decode(std::string_view("a\0b", 3)), std::nullopt);
}

TEST(Query, KeepsOrderAndRepeats) {
  const auto query = Query::parse("status=failed&status=pending&q=a+b%26c&flag&=x&&e=");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->find("status"), "failed");
  EXPECT_THAT(query->all("status"), ElementsAre("failed", "pending"));
  EXPECT_EQ(query->find("q"), "a b&c");
  EXPECT_EQ(query->find("flag"), "");
  EXPECT_EQ(query->find(""), "x");
  EXPECT_EQ(query->find("e"), "");
  EXPECT_EQ(query->find("absent"), std::nullopt);
  EXPECT_EQ(query->parameters().size(), 6U);
  EXPECT_EQ(Query::parse("a=%"), std::nullopt);
  EXPECT_EQ(Query::parse("%ff=1"), std::nullopt);
}

TEST(Target, IsTakenApart) {
  EXPECT_THAT(segments("/"), IsEmpty());
  EXPECT_THAT(segments("/api/v1/vouchers"), ElementsAre("api", "v1", "vouchers"));
  EXPECT_THAT(segments("/a/"), ElementsAre("a", ""));
  EXPECT_THAT(segments("//a"), ElementsAre("", "a"));
  EXPECT_THAT(segments("/a%2Fb/%E5%8F%91?x=/y"), ElementsAre("a/b", "发"));
  EXPECT_EQ(parse_target("/a?b=c?d")->query.find("b"), "c?d");
}

TEST(Target, MayBeAbsolute) {
  EXPECT_THAT(segments("http://host:8000/a?b"), ElementsAre("a"));
  EXPECT_THAT(segments("HTTP://host"), IsEmpty());
  EXPECT_EQ(parse_target("http://host?a=1")->query.find("a"), "1");
  EXPECT_TRUE(parse_target("*")->asterisk);
}

TEST(Target, RefusesTheRest) {
  for (const char* bad : {"", "a", "host:443", "http://", "http:///a", "https://host/a", "/a#b",
                          "/..", "/a/../b", "/a/%2e%2E/b", "/.", "/%", "/%00", "/a?%", "**"})
    EXPECT_FALSE(parse_target(bad)) << bad;
  std::string deep;
  for (std::size_t depth = 0; depth < path_segments_max; ++depth) deep += "/a";
  EXPECT_TRUE(parse_target(deep));
  EXPECT_FALSE(parse_target(deep + "/a"));
  EXPECT_FALSE(parse_target(deep + "/")) << "an empty segment is one, too";
}

}  // namespace
}  // namespace tidemark::http
