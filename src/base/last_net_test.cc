#include "base/last_net.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tidemark {
namespace {

TEST(LastNet, LetsResultsThrough) {
  EXPECT_EQ(with_last_net([]() -> Result<int> { return 7; }).value(), 7);
  const Result<void> failed =
      with_last_net([]() -> Result<void> { return fail(ErrorKind::locked, {"no", "否"}); });
  EXPECT_EQ(failed.error().kind, ErrorKind::locked);
}

TEST(LastNet, MakesErrorsOfExceptions) {
  const Result<void> memory = with_last_net([]() -> Result<void> { throw std::bad_alloc(); });
  EXPECT_EQ(memory.error().what.en, "out of memory");
  const Result<int> other =
      with_last_net([]() -> Result<int> { throw std::runtime_error("surprise"); });
  EXPECT_EQ(other.error().kind, ErrorKind::io);
  EXPECT_NE(other.error().what.en.find("surprise"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
