#include "run/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "base/log.h"
#include "run/run_store.h"
#include "tests/database.h"

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;

class LedgerTest : public testing_database::EachDatabase {
 protected:
  LedgerOptions options() {
    return {.state = url(),
            .journal = folder() / "journal.ndjson",
            .heartbeat = 5ms,
            .reconnect = 0ms,
            .patience = 30s};
  }
  std::vector<RunRecord> stored() {
    RunStore store(db());
    EXPECT_TRUE(store.migrate());
    return store.list(100).value();
  }
  /// Away: a folder stands where the file should be, or nobody listens.
  sql::Url away() {
    if (url().dialect == sql::Dialect::sqlite) {
      std::filesystem::create_directories(folder() / "no-file");
      return sql::Url::parse("sqlite:" + (folder() / "no-file").string()).value();
    }
    sql::Url nobody = url();
    nobody.options.clear();
    nobody.host = "127.0.0.1";
    nobody.port = 1;
    return nobody;
  }
  std::uintmax_t journal_bytes() {
    std::error_code none;
    const auto size = std::filesystem::file_size(folder() / "journal.ndjson", none);
    return none ? 0 : size;
  }

  SystemClock clock;
  SeededRandom random{1};
};

TEST_P(LedgerTest, RecordsARunFromBeginToEnd) {
  {
    RunLedger ledger(options(), clock);
    ActiveRun run = ledger.begin("export invoices", "tidemark export invoices", random);
    EXPECT_EQ(run.id().size(), 26U);
    run.finish({.status = RunStatus::partial,
                .counts = R"({"rows_read":5})",
                .error = "one reject",
                .exit_code = 3});
  }
  const auto runs = stored();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].status, RunStatus::partial);
  EXPECT_EQ(runs[0].counts, R"({"rows_read":5})");
  EXPECT_EQ(runs[0].exit_code, 3);
  EXPECT_TRUE(runs[0].ended_at);
  EXPECT_EQ(journal_bytes(), 0U);
}

TEST_P(LedgerTest, ARunThatIsDroppedHasFailed) {
  {
    RunLedger ledger(options(), clock);
    const ActiveRun run = ledger.begin("x", "x", random);
  }
  const auto runs = stored();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].status, RunStatus::failed);
  EXPECT_EQ(runs[0].exit_code, 1);
}

TEST_P(LedgerTest, HeartbeatsCarryTheCounts) {
  RunLedger ledger(options(), clock);
  std::atomic<int> asked = 0;
  ActiveRun run = ledger.begin("x", "x", random, [&asked] {
    ++asked;
    return std::string(R"({"rows_read":1})");
  });
  std::string counts;
  while (counts != R"({"rows_read":1})") {
    std::this_thread::yield();
    if (const auto runs = stored(); !runs.empty()) counts = runs[0].counts;
  }
  run.finish({});
  const int until_now = asked;
  std::this_thread::yield();
  EXPECT_EQ(asked, until_now);
}

TEST_P(LedgerTest, WhileTheDatabaseIsAwayTheJournalKeepsTheRecord) {
  configure_log({.level = LogLevel::error});
  LedgerOptions broken = options();
  broken.state = away();
  {
    RunLedger ledger(broken, clock);
    ActiveRun run = ledger.begin("x", "x", random);
    run.finish({.status = RunStatus::success});
  }
  EXPECT_GT(journal_bytes(), 0U);
  {
    RunLedger ledger(options(), clock);
    ActiveRun run = ledger.begin("y", "y", random);
    run.finish({.status = RunStatus::success});
  }
  configure_log({});
  const auto runs = stored();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].job, "y");
  EXPECT_EQ(runs[1].job, "x");
  EXPECT_EQ(runs[1].status, RunStatus::success);
  EXPECT_EQ(journal_bytes(), 0U);
}

TEST_P(LedgerTest, NothingToRecordTouchesNothing) {
  {
    const RunLedger ledger(options(), clock);
  }
  EXPECT_FALSE(sql::query_value(db(), "SELECT count(*) FROM runs"));
}

INSTANTIATE_TEST_SUITE_P(Databases, LedgerTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::run
