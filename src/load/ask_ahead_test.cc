#include "load/ask_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace tidemark::load {
namespace {

TEST(AskAhead, AnswersComeInOrderWhateverTheOneThatIsFirst) {
  std::atomic<int> done = 0;
  AskAhead<std::uint64_t> ahead(
      [&](std::uint64_t question) {
        // The first answers last of its four.
        while (question == 1 && done < 3) std::this_thread::yield();
        ++done;
        return question * 10;
      },
      1, 6, 4);
  for (std::uint64_t question = 1; question <= 6; ++question)
    EXPECT_EQ(ahead.next(), question * 10);
  EXPECT_FALSE(ahead.next());
}

TEST(AskAhead, SoManyAreAskedAtOnceAndNoMore) {
  std::atomic<int> asked = 0;
  std::latch all(4);
  AskAhead<int> ahead(
      [&](std::uint64_t) {
        ++asked;
        all.arrive_and_wait();  // None ends unless four are under way.
        return 0;
      },
      1, 4, 4);
  EXPECT_TRUE(ahead.next());
  EXPECT_EQ(asked, 4);
}

TEST(AskAhead, ItsEndWaitsForWhatWasAsked) {
  std::atomic<int> answered = 0;
  {
    AskAhead<int> ahead([&](std::uint64_t) { return ++answered; }, 1, 100, 3);
    EXPECT_TRUE(ahead.next());
  }
  EXPECT_EQ(answered, 3);
}

TEST(AskAhead, WithoutQuestionsThereIsNothing) {
  AskAhead<int> ahead([](std::uint64_t) { return 1; }, 2, 1, 4);
  EXPECT_FALSE(ahead.next());
}

}  // namespace
}  // namespace tidemark::load
