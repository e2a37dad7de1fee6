#include "api/alert_figures.h"

#include <gtest/gtest.h>

namespace tidemark::api {
namespace {

using namespace std::chrono_literals;
using alert::Subject;

TEST(AlertFigures, AreThoseOfTheStats) {
  const alert::Figures figures = alert_figures(
      {.delivered_24h = 90,
       .failed_24h = 10,
       .delivered_1h = 30,
       .failed_1h = 10,
       .latency_mean = 1500ms,
       .latency_p99 = 9s,
       .backlog = 7,
       .retrying = 5,
       .parked = 3,
       .failures = {{.code = "HTTP_503", .retrying = 5},
                    {.code = "HTTP_422", .retrying = 100, .parked = 2},
                    {.code = "HTTP_413", .retrying = 1},
                    {.code = "HTTP_400", .parked = 1}},
       .endpoints = {{.subscription_id = "sub_1",
                      .name = "tax",
                      .state = "active",
                      .unfinished = 6,
                      .failures = 21,
                      .differences = 101},
                     {.subscription_id = "sub_2",
                      .name = "bank",
                      .state = "active",
                      .unfinished = 1,
                      .failures = 22,
                      .differences = 0},
                     {.subscription_id = "sub_3", .name = "idle", .state = "active"}}},
      {}, {});
  EXPECT_DOUBLE_EQ(figures[Subject::success_rate_1h].value.value(), 0.75);
  EXPECT_EQ(figures[Subject::success_rate_1h].sample, 40);
  EXPECT_DOUBLE_EQ(figures[Subject::success_rate_24h].value.value(), 0.9);
  EXPECT_DOUBLE_EQ(figures[Subject::latency_mean].value.value(), 1.5);
  EXPECT_DOUBLE_EQ(figures[Subject::latency_p99].value.value(), 9);
  EXPECT_EQ(figures[Subject::failures_in_row].value, 22);
  EXPECT_EQ(figures[Subject::failures_in_row].detail, "bank (22), tax (21)");
  EXPECT_EQ(figures[Subject::failures_1h].value, 10);
  EXPECT_EQ(figures[Subject::parked_rejected].value, 3);
  EXPECT_EQ(figures[Subject::parked_rejected].detail, "HTTP_422 (2), HTTP_400 (1)");
  EXPECT_EQ(figures[Subject::backlog].value, 7);
  EXPECT_EQ(figures[Subject::backlog].detail, "tax (6), bank (1)");
  EXPECT_EQ(figures[Subject::retrying].value, 5);
  EXPECT_EQ(figures[Subject::check_differences].value, 101);
  EXPECT_EQ(figures[Subject::check_differences].detail, "tax (101)");
}

TEST(AlertFigures, OfNothingSayNothing) {
  const alert::Figures figures = alert_figures({}, {}, {});
  EXPECT_EQ(figures[Subject::success_rate_1h].value, std::nullopt);
  EXPECT_EQ(figures[Subject::latency_mean].value, std::nullopt);
  EXPECT_EQ(figures[Subject::backlog].value, 0);
  EXPECT_EQ(figures[Subject::check_differences].value, std::nullopt);
  EXPECT_EQ(figures[Subject::jobs_failed].value, 0);
}

TEST(AlertFigures, CountJobsThatFailedAndRunHere) {
  const std::vector<run::Schedule> schedules = {
      {.name = "a", .last_status = "failed", .last_error = "shop: 401"},
      {.name = "b", .last_status = "success"},
      {.name = "c", .last_status = "timed_out"},
      {.name = "d", .paused = true, .last_status = "failed"},
      {.name = "e", .last_status = "partial"},
      {.name = "elsewhere", .last_status = "lost"}};
  const alert::Figures figures = alert_figures({}, schedules, {.all = {"a", "b", "c", "d", "e"}});
  EXPECT_EQ(figures[Subject::jobs_failed].value, 2);
  EXPECT_EQ(figures[Subject::jobs_failed].detail, "a (shop: 401), c");
  EXPECT_EQ(figures[Subject::jobs_partial].value, 0);
}

/// A job of every half an hour that was last due at ten, and last succeeded at that time.
run::Schedule partial_job(std::string name, std::optional<std::chrono::minutes> success) {
  using std::chrono::minutes;
  const WallTime ten{std::chrono::hours(10)};
  run::Schedule row{.name = std::move(name),
                    .next_due_at = ten + minutes(30),
                    .last_due_at = ten,
                    .last_started_at = ten + minutes(1),
                    .last_status = "partial",
                    .last_error = "set aside: o_1",
                    .runs = {{"partial", 3}}};
  if (success) row.last_success_at = ten - *success;
  return row;
}

TEST(AlertFigures, TellOfJobsThatArePartialAgainAndAgain) {
  using std::chrono::minutes;
  run::Schedule twice = partial_job("never-twice", std::nullopt);
  twice.runs = {{"partial", 2}};
  run::Schedule mended = partial_job("mended", minutes(300));
  mended.last_status = "success";
  run::Schedule paused = partial_job("paused", minutes(300));
  paused.paused = true;
  const std::vector<run::Schedule> schedules = {partial_job("two", minutes(58)),
                                                partial_job("three", minutes(88)),
                                                partial_job("never", std::nullopt),
                                                partial_job("load-benefits", std::nullopt),
                                                partial_job("elsewhere", minutes(300)),
                                                twice,
                                                mended,
                                                paused};
  const alert::Figures figures = alert_figures(
      {}, schedules,
      {.all = {"two", "three", "never", "load-benefits", "never-twice", "mended", "paused"},
       .partial_is_usual = {"load-benefits"}});
  EXPECT_EQ(figures[Subject::jobs_partial].value, 2);
  EXPECT_EQ(figures[Subject::jobs_partial].detail,
            "three (set aside: o_1), never (set aside: o_1)");
  EXPECT_EQ(figures[Subject::jobs_failed].value, 0);
}

}  // namespace
}  // namespace tidemark::api
