#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class Routing : public ::testing::Test {
 protected:
  Routing() {
    for (const auto& [method, pattern] : std::vector<std::pair<const char*, const char*>>{
             {"GET", "/"},
             {"GET", "/api/v1/vouchers"},
             {"POST", "/api/v1/vouchers"},
             {"POST", "/api/v1/vouchers/batch"},
             {"GET", "/api/v1/vouchers/{id}"},
             {"DELETE", "/api/v1/vouchers/{id}"},
             {"GET", "/api/v1/vouchers/{id}/attempts/{attempt}"},
             {"GET", "/api/v1/vouchers/batch/state"},
             {"POST", "/api/v1/{kind}/batch/stop"}})
      router.add(method, pattern, nullptr);
  }
  std::string pattern(std::string_view method, std::string_view path) const {
    const auto match = router.match(method, parse_target(path)->segments);
    if (const auto* found = std::get_if<Router::Found>(&match)) return found->route->pattern;
    if (const auto* others = std::get_if<Router::OtherMethods>(&match)) return others->allow;
    return "none";
  }
  Router router;
};

TEST_F(Routing, FindsFixedBeforeCaptured) {
  EXPECT_EQ(pattern("GET", "/"), "/");
  EXPECT_EQ(pattern("POST", "/api/v1/vouchers/batch"), "/api/v1/vouchers/batch");
  EXPECT_EQ(pattern("GET", "/api/v1/vouchers/batch"), "/api/v1/vouchers/{id}")
      << "the method is found in the captured one";
  EXPECT_EQ(pattern("GET", "/api/v1/vouchers/7"), "/api/v1/vouchers/{id}");
  EXPECT_EQ(pattern("POST", "/api/v1/vouchers/batch/stop"), "/api/v1/{kind}/batch/stop")
      << "it goes back and tries the captured one";
}

TEST_F(Routing, Captures) {
  const auto match = router.match("GET", {"api", "v1", "vouchers", "a/b", "attempts", "发"});
  EXPECT_THAT(std::get<Router::Found>(match).captures,
              ElementsAre(Pair("id", "a/b"), Pair("attempt", "发")));
  const auto none = router.match("GET", {"api", "v1", "vouchers"});
  EXPECT_THAT(std::get<Router::Found>(none).captures, IsEmpty());
}

TEST_F(Routing, KnowsOtherMethods) {
  EXPECT_EQ(pattern("PUT", "/api/v1/vouchers"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(pattern("OPTIONS", "/api/v1/vouchers/batch"), "DELETE, GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(pattern("get", "/"), "GET, HEAD, OPTIONS") << "methods have a case";
  EXPECT_EQ(pattern("HEAD", "/api/v1/vouchers/7"), "/api/v1/vouchers/{id}");
}

TEST_F(Routing, KnowsWhatIsNotThere) {
  for (const char* path : {"/api", "/api/v1/vouchers/", "//", "/API/v1/vouchers",
                           "/api/v1/vouchers//attempts/1", "/api/v1/vouchers/1/attempts/"})
    EXPECT_EQ(pattern("GET", path), "none") << path;
}

TEST_F(Routing, ListsItsRoutes) {
  const auto routes = router.routes();
  ASSERT_EQ(routes.size(), 9U);
  EXPECT_EQ(routes[2]->method, "POST");
  EXPECT_EQ(routes[2]->pattern, "/api/v1/vouchers");
}

using RoutingDeathTest = Routing;

TEST_F(RoutingDeathTest, StopsOnOurMistakes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(router.add("GET", "/api/v1/vouchers/{other}", nullptr), "one handler");
  EXPECT_DEATH(router.add("GET", "api", nullptr), "a pattern is a path");
  EXPECT_DEATH(router.add("GET", "/a{b}", nullptr), "one \\{name\\}");
  EXPECT_DEATH(router.add("G T", "/a", nullptr), "a method is a token");
}

}  // namespace
}  // namespace tidemark::http
