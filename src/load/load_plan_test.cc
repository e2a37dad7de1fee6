// What a load is to read, in which windows and in which order.

#include "load/load_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CivilTime at(std::string_view text) { return *CivilTime::parse(text); }
const CivilTime now = at("2025-02-01 12:00:00");
const Reach weeks{.window_max = std::chrono::days(7), .earliest = at("2016-01-01 00:00:00")};

LoadPlan plan_of(const LoadOptions& options, const std::optional<Complete>& known = {}) {
  const Result<LoadPlan> plan = LoadPlan::make(options, weeks, known, now);
  EXPECT_TRUE(plan) << plan.error().what.en;
  return plan.value_or(LoadPlan());
}

TEST(LoadPlan, NothingIsAskedForThatIsYetToCome) {
  const TimeWindow range{at("2025-01-30 00:00:00"), at("2025-02-28 23:59:59")};
  EXPECT_EQ(plan_of({.mode = LoadMode::range, .range = range}).range.upto, now);
  EXPECT_EQ(plan_of({.mode = LoadMode::rescan, .rescan = 24h}).range,
            (TimeWindow{at("2025-01-31 12:00:00"), now}));
  EXPECT_EQ(plan_of({.mode = LoadMode::full}).range.from, weeks.earliest);
}

TEST(LoadPlan, AnIncrementalLoadAdjoinsTheWatermarkOnBothSides) {
  const LoadOptions options{.history_start = at("2025-01-01 00:00:00")};
  EXPECT_EQ(plan_of(options).range, (TimeWindow{options.history_start, now}));
  const Complete known{at("2025-01-16 00:00:00"), at("2025-01-31 23:59:59")};
  const LoadPlan plan = plan_of(options, known);
  EXPECT_EQ(plan.range, (TimeWindow{at("2025-02-01 00:00:00"), now}));
  EXPECT_EQ(*plan.earlier, (TimeWindow{options.history_start, at("2025-01-15 23:59:59")}));
  // What has settled, what is still on its way, and the past backwards.
  EXPECT_THAT(plan.windows(options, weeks, now),
              ElementsAre(TimeWindow{at("2025-02-01 00:00:00"), at("2025-02-01 11:55:00")},
                          TimeWindow{at("2025-02-01 11:55:01"), now},
                          TimeWindow{at("2025-01-15 00:00:00"), at("2025-01-15 23:59:59")},
                          TimeWindow{at("2025-01-08 00:00:00"), at("2025-01-14 23:59:59")},
                          TimeWindow{at("2025-01-01 00:00:00"), at("2025-01-07 23:59:59")}));
  EXPECT_FALSE(plan_of({.history_start = known.from}, known).earlier);
}

TEST(LoadPlan, AWatermarkInTheFutureIsRefused) {
  const Complete known{at("2025-01-01 00:00:00"), at("2025-02-01 12:05:01")};
  const Result<LoadPlan> plan = LoadPlan::make({}, weeks, known, now);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::rejected);
  EXPECT_THAT(plan.error().what.en, HasSubstr("2025-02-01 12:05:01"));
  EXPECT_TRUE(LoadPlan::make({.margin = 301s}, weeks, known, now));
}

TEST(LoadPlan, WhatIsAskedForAtOnceIsOneWindow) {
  const Reach everything{.everything = true, .earliest = weeks.earliest};
  const LoadOptions full{.mode = LoadMode::full};
  EXPECT_EQ(plan_of(full).windows(full, everything, now).size(), 1U);
  EXPECT_GT(plan_of(full).windows(full, weeks, now).size(), 400U);
  const LoadOptions picked{.mode = LoadMode::picked};
  EXPECT_EQ(plan_of(picked).windows(picked, weeks, now).size(), 1U);
}

}  // namespace
}  // namespace tidemark::load
