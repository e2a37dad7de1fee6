#include "http/problem.h"

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

TEST(Problem, IsStableJson) {
  const Response response = problem(413, "body_too_large", {"at most \"1\"\n", "最多 1"});
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"urn:tidemark:problem:body_too_large","title":"Content Too Large",)"
            R"("status":413,"code":"body_too_large","detail":"at most \"1\"\n",)"
            R"("detail_zh":"最多 1"})");
}

TEST(Problem, SurvivesInvalidText) {
  EXPECT_TRUE(problem(400, "x", {"a\xff", "b"}).body.contains("a\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace tidemark::http
