#include "base/write_behind.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>
#include <string>

namespace tidemark {
namespace {

TEST(WriteBehind, DoesItsWorkInOrder) {
  std::string done;
  WriteBehind behind;
  for (char name = 'a'; name <= 'z'; ++name)
    ASSERT_TRUE(behind.give([&done, name]() -> Result<void> {
      done += name;
      return {};
    }));
  ASSERT_TRUE(behind.finish());
  EXPECT_EQ(done, "abcdefghijklmnopqrstuvwxyz");
}

TEST(WriteBehind, NothingIsNothingToWaitFor) {
  WriteBehind behind;
  EXPECT_TRUE(behind.finish());
}

TEST(WriteBehind, GivesWhileAnotherPieceRunsAndHoldsOneMore) {
  std::promise<void> begun, go_on;
  std::atomic<int> given{0};
  WriteBehind behind;
  ASSERT_TRUE(behind.give([&]() -> Result<void> {
    begun.set_value();
    go_on.get_future().wait();
    return {};
  }));
  begun.get_future().wait();
  const auto count = [&]() -> Result<void> {
    EXPECT_GE(given.load(), 1);
    return {};
  };
  ASSERT_TRUE(behind.give(count));  // Does not wait for the first.
  ++given;
  std::future<bool> third =
      std::async(std::launch::async, [&] { return behind.give(count).has_value(); });
  go_on.set_value();
  EXPECT_TRUE(third.get());
  EXPECT_TRUE(behind.finish());
}

TEST(WriteBehind, NothingIsDoneAfterAFailure) {
  bool done = false;
  WriteBehind behind;
  ASSERT_TRUE(behind.give([] { return Result<void>(fail(ErrorKind::no_space, {"full", "满"})); }));
  // Whether this one is taken or told of the failure, it does not run.
  static_cast<void>(behind.give([&done]() -> Result<void> {
    done = true;
    return {};
  }));
  const Result<void> finished = behind.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::no_space);
  EXPECT_EQ(behind.give([]() -> Result<void> { return {}; }).error().kind, ErrorKind::no_space);
  EXPECT_EQ(behind.finish().error().kind, ErrorKind::no_space);
  EXPECT_FALSE(done);
}

TEST(WriteBehind, WhatIsThrownIsAnError) {
  WriteBehind behind;
  ASSERT_TRUE(behind.give([]() -> Result<void> { throw std::bad_alloc(); }));
  EXPECT_EQ(behind.finish().error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace tidemark
