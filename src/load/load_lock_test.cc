#include "load/load_lock.h"

#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
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

TEST_P(LoadLockTest, ALockFileOfRootLocksNobodyElseOut) {
  if (db().dialect() != sql::Dialect::sqlite) GTEST_SKIP() << "no file";
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of somebody else";
  namespace fs = std::filesystem;
  const ::mode_t usual = ::umask(0027);
  EXPECT_TRUE(lock("xiaoe orders incremental"));
  ::umask(usual);
  fs::path path;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder()))
    if (entry.path().extension() == ".lock") path = entry.path();
  ASSERT_FALSE(path.empty());
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));  // The umask counts.

  fs::permissions(path, fs::perms(0644));
  fs::permissions(folder(), fs::perms(0755));
  auto connection = sql::connect(url());
  ASSERT_TRUE(connection);
  auto other = sql::connect(url());
  ASSERT_TRUE(other);
  ::setfsuid(65534);  // Somebody who may only read it.
  const Result<LoadLock> held =
      LoadLock::acquire(std::move(*connection), "xiaoe orders incremental");
  const Result<LoadLock> second = LoadLock::acquire(std::move(*other), "xiaoe orders incremental");
  ::setfsuid(::geteuid());
  ASSERT_TRUE(held) << held.error().what.en;
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
}

INSTANTIATE_TEST_SUITE_P(Servers, LoadLockTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
