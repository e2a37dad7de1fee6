#include "load/again.h"

#include <gtest/gtest.h>

#include "load/testing_pause.h"

namespace tidemark::load {
namespace {

/// What befalls a transaction: so many failures of a kind, then success.
struct Trouble {
  ErrorKind kind;
  int failures;
  int attempts = 0;
  int connects = 0;

  Result<int> run() {
    testing::NoPause pause;
    return again(
        pause,
        [this]() -> Result<int> {
          if (++attempts <= failures) return fail(kind, {"no", "否"});
          return attempts;
        },
        [this]() -> Result<void> {
          ++connects;
          return {};
        });
  }
};

TEST(Again, ADeadlockIsCuredByDoingItAgain) {
  Trouble deadlock{.kind = ErrorKind::timeout, .failures = 4};
  EXPECT_EQ(deadlock.run().value_or(0), 5);
  EXPECT_EQ(deadlock.connects, 0);
}

TEST(Again, ABrokenConnectionIsMadeAnew) {
  Trouble broken{.kind = ErrorKind::unreachable, .failures = 2};
  EXPECT_EQ(broken.run().value_or(0), 3);
  EXPECT_EQ(broken.connects, 2);
}

TEST(Again, NotForEverAndNotForWhatItCannotCure) {
  Trouble lasting{.kind = ErrorKind::timeout, .failures = 100};
  EXPECT_EQ(lasting.run().error().kind, ErrorKind::timeout);
  EXPECT_EQ(lasting.attempts, 5);
  Trouble refused{.kind = ErrorKind::query, .failures = 1};
  EXPECT_EQ(refused.run().error().kind, ErrorKind::query);
  EXPECT_EQ(refused.attempts, 1);
}

}  // namespace
}  // namespace tidemark::load
