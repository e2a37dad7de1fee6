#include "load/xiaoe/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "load/xiaoe/testing_shop.h"

namespace tidemark::load::xiaoe {
namespace {

using testing::ScriptedShop;

constexpr Interface api{
    .name = "xe.some.list/1.0.0", .calls = 100, .window = std::chrono::seconds(1)};

/// Stands still, and knows how many threads have asked it: the client does so first of all.
class WatchedClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return {}; }
  [[nodiscard]] SteadyTime steady() const override {
    const std::lock_guard lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    asked_.notify_all();
    return {};
  }
  void wait_for_threads(std::size_t count) const {
    std::unique_lock lock(mutex_);
    asked_.wait(lock, [&] { return threads_.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable asked_;
  mutable std::set<std::thread::id> threads_;
};

class Tokens : public ::testing::Test {
 protected:
  /// Four calls at once of a shop that gives no token, and says so when all four want one.
  std::vector<Error> failures(const http::Response& refusal) {
    constexpr std::size_t callers = 4;
    ScriptedShop shop([](const http::Request& /*request*/,
                         http::Respond respond) { respond(ScriptedShop::enveloped(0, "{}")); },
                      [&](const http::Request& /*request*/, http::Respond respond) {
                        ++asked;
                        clock.wait_for_threads(callers);
                        respond(refusal);
                      });
    auto client = Client::create(shop.client_options(), clock, random, pause, stop);
    EXPECT_TRUE(client);
    std::mutex mutex;
    std::vector<Error> failed;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < callers; ++i)
        threads.emplace_back([&] {
          const Result<Answer> answer = (*client)->call(api, "");
          const std::lock_guard lock(mutex);
          if (!answer) failed.push_back(answer.error());
        });
    }
    return failed;
  }

  std::atomic<int> asked = 0;
  WatchedClock clock;
  SeededRandom random{1};
  testing::NoPause pause;
  Stop stop;
};

TEST_F(Tokens, ARefusalIsForAllThatWaitForTheToken) {
  const std::vector<Error> failed = failures(ScriptedShop::enveloped(2004, "{}"));
  EXPECT_EQ(asked, 1);
  ASSERT_EQ(failed.size(), 4U);
  for (const Error& error : failed) EXPECT_EQ(error.kind, ErrorKind::unauthorized);
}

TEST_F(Tokens, AnOutageIsWorkedThroughOnceForAll) {
  const std::vector<Error> failed = failures({.status = 503});
  EXPECT_EQ(asked, 8);
  ASSERT_EQ(failed.size(), 4U);
  for (const Error& error : failed) EXPECT_EQ(error.kind, ErrorKind::unreachable);
}

TEST_F(Tokens, ALateRefusalOfTheOldOneDoesNotThrowTheNewOneAway) {
  // Two calls go out with the first token. The shop refuses one; when that call comes again with
  // the second token, it refuses the other, which then must find that token and ask for no third.
  std::mutex mutex;
  std::vector<http::Respond> waiting;
  const auto give_token = [&](const http::Request& /*request*/, http::Respond respond) {
    respond(ScriptedShop::enveloped(
        0, fmt::format(R"({{"access_token":"token-{}","expires_in":7200}})", ++asked)));
  };
  const auto answer = [&](const http::Request& request, http::Respond respond) {
    const bool old = request.body.contains("token-1");
    http::Respond refused;
    {
      const std::lock_guard lock(mutex);
      if (old) waiting.push_back(std::move(respond));
      if ((old && waiting.size() == 2) || (!old && !waiting.empty())) {
        refused = std::move(waiting.back());
        waiting.pop_back();
      }
    }
    if (refused) refused(ScriptedShop::enveloped(2008, "{}"));
    if (!old) respond(ScriptedShop::enveloped(0, "{}"));
  };
  ScriptedShop shop(answer, give_token);
  auto client = Client::create(shop.client_options(), clock, random, pause, stop);
  ASSERT_TRUE(client);
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        if ((*client)->call(api, "")) ++answered;
      });
  }
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(asked, 2);
}

TEST_F(Tokens, ALifeThatNoClockCanHoldIsOneOfADay) {
  const auto give_token = [&](const http::Request& /*request*/, http::Respond respond) {
    ++asked;
    respond(
        ScriptedShop::enveloped(0, R"({"access_token":"token","expires_in":9223372036854775807})"));
  };
  const auto answer = [](const http::Request& /*request*/, http::Respond respond) {
    respond(ScriptedShop::enveloped(0, "{}"));
  };
  ScriptedShop shop(answer, give_token);
  auto client = Client::create(shop.client_options(), clock, random, pause, stop);
  ASSERT_TRUE(client);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE((*client)->call(api, ""));
  EXPECT_EQ(asked, 1);
}

TEST_F(Tokens, NoneIsFetchedOnceItIsAskedToStop) {
  stop.request(SIGTERM);
  for (const Error& error : failures({.status = 503})) EXPECT_EQ(error.kind, ErrorKind::cancelled);
  EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace tidemark::load::xiaoe
