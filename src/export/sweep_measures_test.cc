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
        "2025-06-05", "2025-06-05 10"}) {
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
TEST(SweepMeasures, ATenantThatMayBeASpellingIsMeasuredByThatWatermark) {
  SweepMeasures loose = measures();
  loose.tenants_need_bytes = true;
  for (const char* spelling : {"T1", "t1 ", "T1  "}) {
    EXPECT_EQ(loose.finding_of(spelling, "2025-06-02 00:00:00"), SweepFinding::unmoved_update_time);
    EXPECT_EQ(loose.finding_of(spelling, "2025-06-02 00:00:01"), SweepFinding::beyond_watermark);
  }
  EXPECT_EQ(loose.finding_of("new", "2025-06-02 00:00:00"), SweepFinding::beyond_watermark);
  const watermark::State none;
  loose.marks = &none;
  EXPECT_EQ(loose.finding_of("T1", "2025-06-02 00:00:00"), SweepFinding::beyond_watermark);
}

TEST(SweepMeasures, TimesOfAllForms) {
  for (const char* stamp :
       {"2025-06-05 10:00", "2025-06-05T10:00", "2025-06-05 10:00:00.1234567",
        "2025-06-05 10:00:00+00", "2025-06-05 10:00:00.123+00", "2025-06-05T10:00:00Z"}) {
    EXPECT_EQ(measures().finding_of("t1", stamp), SweepFinding::beyond_watermark) << stamp;
  }
}

TEST(SweepMeasures, ADayAheadIsTheZoneAndMoreIsAMistake) {
  EXPECT_EQ(measures().finding_of("t1", "2025-06-11 12:00:00"), SweepFinding::beyond_watermark);
  EXPECT_EQ(measures().finding_of("t1", "2025-06-11 12:00:01"), SweepFinding::future_update_time);
  EXPECT_EQ(measures().finding_of("new", "9999-12-31 23:59:59"), SweepFinding::future_update_time);
}

}  // namespace
}  // namespace tidemark::exporter
