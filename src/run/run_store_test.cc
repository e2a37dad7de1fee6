#include "run/run_store.h"

#include <gtest/gtest.h>

#include "base/ulid.h"
#include "tests/database.h"

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;

const WallTime noon = WallTime(1'764'763'446'123'000us);

RunRecord run_with(std::string id) {
  return {.id = std::move(id),
          .job = "export invoices",
          .command = "tidemark export invoices",
          .process = this_process(),
          .started_at = noon,
          .heartbeat_at = noon};
}

class RunStoreTest : public testing_database::EachDatabase {
 protected:
  void SetUp() override {
    EachDatabase::SetUp();
    if (IsSkipped()) return;
    store.emplace(db());
    ASSERT_TRUE(store->migrate());
  }
  void save(const RunRecord& record) {
    const Result<void> saved = store->save(record);
    ASSERT_TRUE(saved) << saved.error().what.en;
  }
  std::optional<RunStore> store;
};

TEST_P(RunStoreTest, KeepsARunFromBeginToEnd) {
  RunRecord record = run_with("01A");
  save(record);
  record.heartbeat_at = noon + 10s;
  record.counts = R"({"rows_read":7})";
  save(record);
  record.ended_at = noon + 20s;
  record.status = RunStatus::partial;
  record.error = "发票 \"1\" \\ 'x'";
  record.exit_code = 3;
  save(record);
  const Result<RunRecord> found = store->find("01A");
  ASSERT_TRUE(found);
  EXPECT_EQ(to_json(*found), to_json(record));
}

TEST_P(RunStoreTest, TellsTheNewestThatHaveEndedOfSomeJobs) {
  // Ids sort by start: that of the first is older than what is asked for.
  const auto ended = [&](WallTime start, std::string job, bool has_ended = true) {
    RunRecord record = run_with(ulid_floor(start));
    record.job = std::move(job);
    if (has_ended) record.ended_at = start;
    save(record);
  };
  ended(noon - 48h, "load orders");
  ended(noon + 1h, "load orders");
  ended(noon + 2h, "load users");
  ended(noon + 3h, "export invoices");
  ended(noon + 4h, "load orders", false);
  const auto runs = store->ended("load ", noon, 10);
  ASSERT_TRUE(runs) << runs.error().what.en;
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ(runs->front().job, "load users");
  EXPECT_EQ(runs->back().job, "load orders");
  EXPECT_EQ(store->ended("load ", noon, 1)->size(), 1U);
}

TEST_P(RunStoreTest, AnEndedRunIsNeverChangedAgain) {
  RunRecord record = run_with("01A");
  record.ended_at = noon;
  record.status = RunStatus::success;
  record.exit_code = 0;
  save(record);
  save(run_with("01A"));  // A late journal line of its beginning.
  EXPECT_EQ(store->find("01A")->status, RunStatus::success);
}

TEST_P(RunStoreTest, ListsTheNewestFirst) {
  for (const char* id : {"01B", "01A", "01C"}) save(run_with(id));
  const auto records = store->list(2);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ(records->at(0).id, "01C");
  EXPECT_EQ(records->at(1).id, "01B");
}

TEST_P(RunStoreTest, FindsByTheBeginningOfAnId) {
  for (const char* id : {"01AB", "01AC", "02AA"}) save(run_with(id));
  EXPECT_EQ(store->find("02")->id, "02AA");
  EXPECT_EQ(store->find("01").error().kind, ErrorKind::rejected);
  EXPECT_EQ(store->find("03").error().kind, ErrorKind::not_found);
  EXPECT_EQ(store->find("' OR 1=1 --").error().kind, ErrorKind::not_found);
}

TEST_P(RunStoreTest, HostileTextsAreStoredAsTheyCanBeShown) {
  RunRecord record = run_with("01A");
  record.command = std::string("tidemark \0 \xff ", 13) + std::string(100'000, 'x');
  save(record);
  const Result<RunRecord> found = store->find("01A");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->command.starts_with("tidemark \\x00 \\xff"));
  EXPECT_LE(found->command.size(), 8'010U);
}

INSTANTIATE_TEST_SUITE_P(Databases, RunStoreTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::run
