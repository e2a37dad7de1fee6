#include "load/day_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "load/refund.h"
#include "load/row_tables.h"
#include "load/testing_warehouse.h"
#include "load/xiaoe/refund_transform.h"

namespace tidemark::load {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

CivilTime time_of(std::string_view text) { return CivilTime::parse(text).value(); }

/// When the scan began.
constexpr WallTime now = testing::start;
constexpr WallTime before = now - std::chrono::hours(1);

/// A source that counts as the test says.
class CountingSource final : public Extractor {
 public:
  using Count = std::function<std::optional<std::uint64_t>(const TimeWindow&)>;
  explicit CountingSource(Count count) : count_(std::move(count)) {}

  [[nodiscard]] Reach reach() const override { return {}; }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return std::chrono::hours(8); }
  Result<WindowReading> read(const std::optional<TimeWindow>& /*window*/,
                             PageSink& /*sink*/) override {
    return WindowReading();
  }
  Result<std::optional<std::uint64_t>> count(const TimeWindow& window) override {
    ++asked;
    return count_(window);
  }

  std::atomic<int> asked = 0;  ///< Days are asked for several at once.

 private:
  Count count_;
};

class DayCheckTest : public testing::EachWarehouse {
 protected:
  [[nodiscard]] const StreamTables& tables() const override { return refunds_; }
  void SetUp() override {
    EachWarehouse::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::vector<Observed> rows;
    for (const char* created : {"2025-01-01 08:00:00", "2025-01-01 23:59:59", "2025-01-02 00:00:00",
                                "2025-01-04 12:00:00"})
      rows.push_back(refund(fmt::format("as_{}", rows.size()), created, "990", now));
    ASSERT_EQ(write_batch(std::move(rows)).inserted, 4U);
  }

  static Observed refund(const std::string& id, std::string_view created, std::string_view money,
                         WallTime observed_at) {
    return observed_row(
        id,
        fmt::format(R"({{"aftersale_id":"{}","order_id":"o_1","state":13,"sale_type":1,)"
                    R"("refund_money":{},"created_at":"{}","updated_at":"{}"}})",
                    id, money, created, created),
        observed_at);
  }

  DayCheckResult check(CountingSource& source, std::string_view from, std::string_view upto) {
    Result<DayCheckResult> result =
        DayCheck(db(), refunds_, source, now).check({time_of(from), time_of(upto)});
    EXPECT_TRUE(result) << result.error().what.en;
    return result ? std::move(*result) : DayCheckResult();
  }

  RecordTables<Refund> refunds_{"xiaoe", std::chrono::hours(8),
                                std::make_unique<xiaoe::RefundTransform>()};
};

bool starts(const TimeWindow& day, std::string_view text) {
  return day.from.text().starts_with(text);
}

std::uint64_t true_count(const TimeWindow& day) {
  const std::string text = day.from.text().substr(0, 10);
  if (text == "2025-01-01") return 2;
  return text == "2025-01-02" || text == "2025-01-04" ? 1 : 0;
}

TEST_P(DayCheckTest, DaysThatAgreeAreAskedOnce) {
  CountingSource source(true_count);
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-05 23:59:59");
  EXPECT_EQ(result.days.size(), 5U);
  EXPECT_EQ(result.missing.size() + result.surplus.size(), 0U);
  EXPECT_EQ(source.asked, 5);
}

TEST_P(DayCheckTest, TheSecondBehindADayMayBeCountedWithIt) {
  CountingSource source([](const TimeWindow& day) {
    return true_count(day) + (day.upto == time_of("2025-01-01 23:59:59") ? 1 : 0);
  });
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-02 23:59:59");
  EXPECT_EQ(result.missing.size() + result.surplus.size(), 0U);
  EXPECT_EQ(source.asked, 3);  // And for the last second of the first day alone.
}

TEST_P(DayCheckTest, ASaleAtMidnightHidesNothingThatIsMissing) {
  // As many are missing of the first day as there are in the second behind it.
  CountingSource source([](const TimeWindow& day) {
    if (day.from == day.upto) return std::uint64_t{1};
    return true_count(day) + (day.upto == time_of("2025-01-01 23:59:59") ? 1 : 0);
  });
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-02 23:59:59");
  EXPECT_EQ(result.missing.size(), 1U);
  EXPECT_EQ(result.surplus.size(), 0U);
}

TEST_P(DayCheckTest, ARowThatWasSetAsideNowIsNotMissed) {
  write_batch({refund("as_8", "2025-01-02 08:00:00", "\"1.5\"", now)});
  CountingSource source(
      [](const TimeWindow& day) { return true_count(day) + (starts(day, "2025-01-02") ? 1 : 0); });
  EXPECT_EQ(check(source, "2025-01-01 00:00:00", "2025-01-04 23:59:59").missing.size(), 0U);
  // One more is.
  CountingSource more(
      [](const TimeWindow& day) { return true_count(day) + (starts(day, "2025-01-02") ? 2 : 0); });
  EXPECT_EQ(check(more, "2025-01-01 00:00:00", "2025-01-04 23:59:59").missing.size(), 1U);
}

TEST_P(DayCheckTest, RowsThatWereSetAsideEarlierExcuseNothing) {
  write_batch({refund("as_8", "2024-11-02 08:00:00", "\"1.5\"", before),
               refund("as_9", "2024-11-03 08:00:00", "\"1.5\"", before)});
  CountingSource source(
      [](const TimeWindow& day) { return true_count(day) + (starts(day, "2025-01-02") ? 2 : 0); });
  EXPECT_EQ(check(source, "2025-01-01 00:00:00", "2025-01-04 23:59:59").missing.size(), 1U);
}

TEST_P(DayCheckTest, ARowWhosePresentStateWasSetAsideIsThere) {
  // Its older state has a row, so it excuses none that is missing.
  write_batch({refund("as_3", "2025-01-04 12:00:00", "\"1.5\"", now + std::chrono::seconds(1))});
  CountingSource source(
      [](const TimeWindow& day) { return true_count(day) + (starts(day, "2025-01-02") ? 1 : 0); });
  EXPECT_EQ(check(source, "2025-01-01 00:00:00", "2025-01-04 23:59:59").missing.size(), 1U);
}

TEST_P(DayCheckTest, ARowThatTheSourceDroppedStandsInForNone) {
  write_batch({refund("as_7", "2025-01-02 08:00:00", "1", before)});
  // The source counts two, and one of them is not here.
  CountingSource source(
      [](const TimeWindow& day) { return true_count(day) + (starts(day, "2025-01-02") ? 1 : 0); });
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-04 23:59:59");
  EXPECT_EQ(result.missing.size(), 1U);
  EXPECT_EQ(result.surplus.size(), 1U);
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_THAT(result.differences[0].en,
              HasSubstr("the shop counts 2, the warehouse 2, of which 1 were read"));
}

TEST_P(DayCheckTest, OnlyTheRangeCounts) {
  std::mutex mutex;
  std::vector<std::string> asked;
  CountingSource source([&](const TimeWindow& day) {
    const std::lock_guard lock(mutex);
    asked.push_back(day.from.text() + " " + day.upto.text());
    return 1;
  });
  const DayCheckResult result = check(source, "2025-01-01 09:00:00", "2025-01-02 00:00:00");
  EXPECT_EQ(result.missing.size() + result.surplus.size(), 0U);
  EXPECT_THAT(asked, UnorderedElementsAre("2025-01-01 09:00:00 2025-01-01 23:59:59",
                                          "2025-01-02 00:00:00 2025-01-02 00:00:00"));
}

TEST_P(DayCheckTest, MissingAndSurplusDaysAreNamed) {
  CountingSource source([](const TimeWindow& day) {
    const std::uint64_t counted = true_count(day);
    return day.from.text().starts_with("2025-01-03") ? counted + 2 : counted > 1 ? 1 : counted;
  });
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-04 23:59:59");
  EXPECT_EQ(result.missing.size(), 1U);
  EXPECT_EQ(result.surplus.size(), 1U);
  ASSERT_EQ(result.differences.size(), 2U);
  EXPECT_THAT(result.differences[0].en, HasSubstr("2025-01-01"));
  EXPECT_THAT(result.differences[1].en, HasSubstr("the shop counts 2, the warehouse 0"));
}

TEST_P(DayCheckTest, ACountThatIsOffForAMomentIsAskedForAgain) {
  std::atomic<int> times = 0;
  CountingSource source([&](const TimeWindow& day) { return ++times == 1 ? 0 : true_count(day); });
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-01 23:59:59");
  EXPECT_EQ(result.missing.size() + result.surplus.size(), 0U);
  EXPECT_EQ(source.asked, 2);
}

TEST_P(DayCheckTest, ASourceWithoutCountsIsNotCompared) {
  CountingSource source([](const TimeWindow&) { return std::nullopt; });
  const DayCheckResult result = check(source, "2025-01-01 00:00:00", "2025-01-01 23:59:59");
  EXPECT_EQ(result.days.size(), 0U);
  EXPECT_THAT(result.differences, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Servers, DayCheckTest,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load
