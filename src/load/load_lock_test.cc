#include "load/load_lock.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/database.h"

namespace tidemark::load {
namespace {

class LoadLockTest : public testing_database::EachDatabase {
 protected:
  Result<LoadLock> lock(const std::string& work) {
    auto connection = sql::connect(url(), {.create = true});
    if (!connection) return fail(std::move(connection).error());
    return LoadLock::acquire(std::move(*connection), work);
  }
};

TEST_P(LoadLockTest, TheSameLoadRunsOnceAtATime) {
  {
    const Result<LoadLock> first = lock("xiaoe orders incremental");
    ASSERT_TRUE(first) << first.error().what.en;
    const Result<LoadLock> second = lock("xiaoe orders incremental");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::locked);
    EXPECT_TRUE(second.error().what.en.contains("xiaoe orders incremental"));
    // What is fresh is read beside a history.
    EXPECT_TRUE(lock("xiaoe orders rescan 86400"));
    EXPECT_FALSE(lock("xiaoe orders incremental"));
  }
  EXPECT_TRUE(lock("xiaoe orders incremental"));
}

TEST_P(LoadLockTest, ItMayBeMovedAndNamedAnyhow) {
  Result<LoadLock> first = lock("xiaoe orders 'incremental'");
  ASSERT_TRUE(first) << first.error().what.en;
  const LoadLock moved = std::move(*first);
  EXPECT_FALSE(lock("xiaoe orders 'incremental'"));
}

INSTANTIATE_TEST_SUITE_P(Servers, LoadLockTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
