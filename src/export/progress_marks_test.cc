#include "export/progress_marks.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

using watermark::TenantStatus;

class ProgressMarks : public testing::Test {
 protected:
  /// A job of the tenant of which nothing is pending.
  Job& done(const std::string& tenant) {
    Job& job = plan_.jobs.emplace_back();
    job.tenant = tenant;
    job.window = {.after = CivilTime::baseline(), .upto = *CivilTime::parse("2025-06-01 00:00:00")};
    job.pending = 0;
    return job;
  }
  /// What the file says of the tenant after a saving.
  TenantStatus saved(const std::string& tenant) {
    EXPECT_TRUE(save_watermarks(file_, plan_));
    const Result<watermark::State> state = file_.load();
    EXPECT_TRUE(state && state->contains(tenant)) << tenant;
    return state->at(tenant).status;
  }
  static Reject open_reject(std::optional<std::string> tenant) {
    return {.key = Key(std::int64_t{1}), .tenant = std::move(tenant), .reason = "bad"};
  }

  TemporaryFolder folder_;
  watermark::StateFile file_{folder_.text()};
  ExportPlan plan_;
};

TEST_F(ProgressMarks, EveryLineIsPartialWhileARejectOfAnUnknownTenantStands) {
  plan_.rejecting.add(open_reject(std::nullopt));
  done("a");
  EXPECT_EQ(saved("a"), TenantStatus::partial);
  done("");
  EXPECT_EQ(saved(""), TenantStatus::partial);
  plan_.rejects_closed = true;  // Stopped before the row was read again.
  EXPECT_EQ(saved("a"), TenantStatus::partial);
  plan_.rejecting.clear();
  EXPECT_EQ(saved("a"), TenantStatus::success);
  EXPECT_EQ(saved(""), TenantStatus::success);
}

TEST_F(ProgressMarks, TheEmptyNameIsATenantLikeAnyOther) {
  plan_.rejecting.add(open_reject(""));
  done("a");
  done("");
  EXPECT_EQ(saved("a"), TenantStatus::success);
  EXPECT_EQ(saved(""), TenantStatus::partial);
}

TEST_F(ProgressMarks, AnAcceptedRejectOfAnUnknownTenantMakesNobodyWait) {
  Reject reject = open_reject(std::nullopt);
  reject.accepted = true;
  plan_.rejecting.add(reject);
  done("a");
  EXPECT_EQ(saved("a"), TenantStatus::success);
}

TEST_F(ProgressMarks, ALineIsPartialUntilTheRowThatWasSetAsideIsReadAgain) {
  done("a").sets_aside = true;
  done("b");
  EXPECT_EQ(saved("a"), TenantStatus::partial);
  EXPECT_EQ(saved("b"), TenantStatus::success);
  plan_.rejects_closed = true;
  EXPECT_EQ(saved("a"), TenantStatus::success);
}

TEST_F(ProgressMarks, AFullExportKeepsWhatIncrementalRunsHadCovered) {
  Result<TreeIndex> index = TreeIndex::open(folder_.text(), IndexDb::Mode::read_write);
  ASSERT_TRUE(index);
  const CivilTime mark = *CivilTime::parse("2025-06-01 00:00:00");
  ASSERT_TRUE(index->set_covered("a", mark));
  GroupTable groups;
  static_cast<void>(groups.id("a", "DE"));
  static_cast<void>(groups.id("b", "DE"));
  ASSERT_TRUE(cover_tenants(*index, groups));
  const auto covered = index->covered();
  ASSERT_TRUE(covered);
  EXPECT_EQ(covered->at("a"), mark);
  EXPECT_EQ(covered->at("b"), CivilTime::baseline());
}

}  // namespace
}  // namespace tidemark::exporter
