#include "api/change_lane.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <new>
#include <vector>

namespace tidemark::api {
namespace {

using namespace std::chrono_literals;

/// A clock that another thread may look at while it is moved.
class SharedClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return {}; }
  [[nodiscard]] SteadyTime steady() const override { return SteadyTime(now_.load()); }
  void advance(SteadyTime::duration by) { now_ = now_.load() + by; }

 private:
  std::atomic<SteadyTime::duration> now_{SteadyTime::duration{}};
};

/// What becomes of `work` on the lane.
std::future<Result<http::Response>> asked(ChangeLane& lane, ChangeLane::Work work) {
  auto promise = std::make_shared<std::promise<Result<http::Response>>>();
  auto answer = promise->get_future();
  lane.ask(std::move(work),
           [promise](Result<http::Response> made) { promise->set_value(std::move(made)); });
  return answer;
}

http::Response with_status(int status) { return {.status = status, .content_type = ""}; }

/// Holds the lane's thread until it is opened.
class Lock {
 public:
  /// Waits until the lane works on it.
  std::future<Result<http::Response>> hold(ChangeLane& lane) {
    auto answer = asked(lane, [this]() -> Result<http::Response> {
      held_.set_value();
      open_.get_future().wait();
      return with_status(200);
    });
    held_.get_future().wait();
    return answer;
  }
  void open() { open_.set_value(); }

 private:
  std::promise<void> held_;
  std::promise<void> open_;
};

TEST(ChangeLane, DoesOneAfterTheOther) {
  const SharedClock clock;
  ChangeLane lane(clock, 5s);
  Lock lock;
  auto first = lock.hold(lane);
  std::vector<int> order;
  std::vector<std::future<Result<http::Response>>> others;
  for (int i = 1; i <= 5; ++i)
    others.push_back(asked(lane, [&order, i]() -> Result<http::Response> {
      order.push_back(i);
      return with_status(200 + i);
    }));
  lock.open();
  EXPECT_EQ(first.get()->status, 200);
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ(others[static_cast<std::size_t>(i) - 1].get()->status, 200 + i);
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4, 5}));
}

TEST(ChangeLane, BeginsNothingThatStoodTooLong) {
  SharedClock clock;
  ChangeLane lane(clock, 5s);
  Lock lock;
  auto first = lock.hold(lane);
  std::atomic<bool> begun = false;
  auto late = asked(lane, [&begun]() -> Result<http::Response> {
    begun = true;
    return with_status(200);
  });
  clock.advance(6s);
  auto fresh = asked(lane, []() -> Result<http::Response> { return with_status(200); });
  lock.open();
  EXPECT_TRUE(first.get());
  EXPECT_EQ(late.get().error().kind, ErrorKind::timeout);
  EXPECT_FALSE(begun);
  EXPECT_TRUE(fresh.get());
}

TEST(ChangeLane, RefusesMoreThanMayWait) {
  const SharedClock clock;
  ChangeLane lane(clock, 5s);
  Lock lock;
  auto first = lock.hold(lane);
  std::vector<std::future<Result<http::Response>>> others;
  bool refused = false;
  while (!refused && others.size() < 10'000) {
    others.push_back(asked(lane, []() -> Result<http::Response> { return with_status(200); }));
    refused = others.back().wait_for(0s) == std::future_status::ready;
  }
  lock.open();
  ASSERT_TRUE(refused);
  EXPECT_EQ(others.back().get().error().kind, ErrorKind::unreachable);
  others.pop_back();
  for (auto& other : others) EXPECT_TRUE(other.get());
}

TEST(ChangeLane, LeavesNoneUnansweredWhenItEnds) {
  const SharedClock clock;
  std::vector<std::future<Result<http::Response>>> answers;
  {
    Lock lock;
    ChangeLane lane(clock, 5s);
    answers.push_back(lock.hold(lane));
    for (int i = 0; i < 20; ++i)
      answers.push_back(asked(lane, []() -> Result<http::Response> { return with_status(200); }));
    lock.open();
  }
  EXPECT_TRUE(answers.front().get());  // It was under way.
  for (std::size_t i = 1; i < answers.size(); ++i) {
    const Result<http::Response> made = answers[i].get();
    EXPECT_TRUE(made || made.error().kind == ErrorKind::cancelled);
  }
}

TEST(ChangeLane, OutlivesWorkThatThrows) {
  const SharedClock clock;
  ChangeLane lane(clock, 5s);
  auto thrown = asked(lane, []() -> Result<http::Response> { throw std::bad_alloc(); });
  EXPECT_EQ(thrown.get().error().kind, ErrorKind::io);
  EXPECT_TRUE(asked(lane, []() -> Result<http::Response> { return with_status(200); }).get());
}

}  // namespace
}  // namespace tidemark::api
