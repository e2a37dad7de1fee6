#include "run/run_record.h"

#include <gtest/gtest.h>

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;

const WallTime noon = WallTime(1'764'763'446'123'000us);  // 2025-12-03T12:04:06.123Z

RunRecord running() {
  return {.id = "01JE0000000000000000000000",
          .job = "export invoices",
          .command = "tidemark export invoices",
          .process = this_process(),
          .started_at = noon,
          .heartbeat_at = noon};
}

TEST(RunRecord, StampsAreUtcAndReadBack) {
  EXPECT_EQ(stamp_text(noon), "2025-12-03T12:04:06.123Z");
  EXPECT_EQ(parse_stamp("2025-12-03T12:04:06.123Z"), noon);
  EXPECT_EQ(parse_stamp("2025-12-03T12:04:06.123"), std::nullopt);
  EXPECT_EQ(parse_stamp("yesterdayZ"), std::nullopt);
}

TEST(RunRecord, SurvivesItsJsonLine) {
  RunRecord record = running();
  record.command = "tidemark \"x\"\n发票";
  record.ended_at = noon + 5s;
  record.status = RunStatus::partial;
  record.counts = R"({"rows_read":3})";
  record.error = "disk full";
  record.exit_code = 3;
  const auto back = run_record_from_json(to_json(record));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(record));
  EXPECT_EQ(back->exit_code, 3);
  EXPECT_EQ(back->ended_at, noon + 5s);
  EXPECT_EQ(to_json(record).find('\n'), std::string::npos);
}

TEST(RunRecord, DamagedLinesAreNone) {
  const std::string line = to_json(running());
  EXPECT_TRUE(run_record_from_json(line));
  for (std::size_t length = 0; length < line.size(); ++length)
    EXPECT_FALSE(run_record_from_json(line.substr(0, length)));
  EXPECT_FALSE(run_record_from_json("[]"));
  EXPECT_FALSE(run_record_from_json("{\"id\":1}"));
}

TEST(RunRecord, BadCountsAndBytesDoNotSpoilTheLine) {
  RunRecord record = running();
  record.counts = "{broken";
  record.error = "\xff";
  const auto back = run_record_from_json(to_json(record));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->counts, "{}");
}

TEST(RunRecord, ALivingProcessIsNeverStaleHere) {
  const RunRecord record = running();
  EXPECT_EQ(shown_status(record, noon + 24h, record.process.host), RunStatus::running);
}

TEST(RunRecord, ADeadOneIsStaleAfterAMinute) {
  RunRecord record = running();
  record.process.start -= 1;
  EXPECT_EQ(shown_status(record, noon + 60s, record.process.host), RunStatus::running);
  EXPECT_EQ(shown_status(record, noon + 61s, record.process.host), RunStatus::stale);
}

TEST(RunRecord, OnAnotherHostOnlyTheHeartbeatTells) {
  const RunRecord record = running();
  EXPECT_EQ(shown_status(record, noon + 5min, "elsewhere"), RunStatus::running);
  EXPECT_EQ(shown_status(record, noon + 5min + 1s, "elsewhere"), RunStatus::stale);
}

TEST(RunRecord, AnEndedRunStaysAsItEnded) {
  RunRecord record = running();
  record.status = RunStatus::cancelled;
  EXPECT_EQ(shown_status(record, noon + 24h, "elsewhere"), RunStatus::cancelled);
}

}  // namespace
}  // namespace tidemark::run
