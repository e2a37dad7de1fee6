#include "export/sweep_measures.h"

#include <gtest/gtest.h>

namespace tidemark::exporter {
namespace {

CivilTime time(std::string_view text) { return CivilTime::parse(text).value(); }

const watermark::State marks = {{"t1", {.mark = time("2025-06-02 00:00:00")}},
                                {"t2", {.mark = time("2025-06-04 00:00:00")}}};

SweepMeasures measures() { return {.marks = &marks, .now = time("2025-06-10 12:00:00")}; }

TEST(SweepMeasures, WhatNoWindowHoldsHasNoTime) {
  for (const std::string_view stamp :
       {"", "0000-00-00 00:00:00", "infinity", "-infinity", "10000-01-01 00:00:00", "n/a",
        "2025-06-05", "2025-06-05 10:00"}) {
    EXPECT_EQ(measures().finding_of("t1", stamp), SweepFinding::no_update_time) << stamp;
  }
  SweepMeasures of_days = measures();
  of_days.whole_days = true;
  EXPECT_EQ(of_days.finding_of("t1", "2025-06-05"), SweepFinding::beyond_watermark);
}

TEST(SweepMeasures, ATenantIsMeasuredByItsWatermark) {
  EXPECT_EQ(measures().finding_of("t1", "2025-06-02 00:00:00"), SweepFinding::unmoved_update_time);
  EXPECT_EQ(measures().finding_of("t1", "2025-06-02 00:00:01"), SweepFinding::beyond_watermark);
  EXPECT_EQ(measures().finding_of("t2", "2025-06-04 00:00:00"), SweepFinding::unmoved_update_time);
}

/// Its first window begins after the baseline.
TEST(SweepMeasures, ATenantWithoutAWatermarkIsReadFromTheBaseline) {
  EXPECT_EQ(measures().finding_of("new", "1970-01-01 00:00:01"), SweepFinding::beyond_watermark);
  EXPECT_EQ(measures().finding_of("new", "1970-01-01 00:00:00"), SweepFinding::unmoved_update_time);
  EXPECT_EQ(measures().finding_of("new", "1950-01-01 00:00:00"), SweepFinding::unmoved_update_time);
}

/// `T1` beside `t1`: the collation shows one of them, and runs look for the other after the oldest
/// of the watermarks.
TEST(SweepMeasures, ATenantThatMayBeASpellingIsMeasuredByTheOldestWatermark) {
  SweepMeasures loose = measures();
  loose.tenants_need_bytes = true;
  EXPECT_EQ(loose.finding_of("T1", "2025-06-02 00:00:00"), SweepFinding::unmoved_update_time);
  EXPECT_EQ(loose.finding_of("T1", "2025-06-02 00:00:01"), SweepFinding::beyond_watermark);
  const watermark::State none;
  loose.marks = &none;
  EXPECT_EQ(loose.finding_of("T1", "2025-06-02 00:00:00"), SweepFinding::beyond_watermark);
}

TEST(SweepMeasures, ADayAheadIsTheZoneAndMoreIsAMistake) {
  EXPECT_EQ(measures().finding_of("t1", "2025-06-11 12:00:00"), SweepFinding::beyond_watermark);
  EXPECT_EQ(measures().finding_of("t1", "2025-06-11 12:00:01"), SweepFinding::future_update_time);
  EXPECT_EQ(measures().finding_of("new", "9999-12-31 23:59:59"), SweepFinding::future_update_time);
}

}  // namespace
}  // namespace tidemark::exporter
