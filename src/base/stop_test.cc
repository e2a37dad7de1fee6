#include "base/stop.h"

#include <gtest/gtest.h>

#include <csignal>

namespace tidemark {
namespace {

Stop* stop_of_handler = nullptr;

TEST(Stop, IsQuietUntilAsked) {
  const Stop stop;
  EXPECT_FALSE(stop.requested());
  EXPECT_EQ(stop.signal(), 0);
}

TEST(Stop, MayBeAskedFromASignalHandler) {
  Stop stop;
  stop_of_handler = &stop;
  struct sigaction action{}, before{};
  action.sa_handler = [](int number) { stop_of_handler->request(number); };
  ASSERT_EQ(::sigaction(SIGTERM, &action, &before), 0);
  EXPECT_EQ(::raise(SIGTERM), 0);
  EXPECT_EQ(::sigaction(SIGTERM, &before, nullptr), 0);
  EXPECT_TRUE(stop.requested());
  EXPECT_EQ(stop.signal(), SIGTERM);
}

}  // namespace
}  // namespace tidemark
