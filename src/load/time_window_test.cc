#include "load/time_window.h"

#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

CivilTime at(std::string_view text) { return *CivilTime::parse(text); }

TEST(TimeWindow, TilesWithoutGapAndOverlap) {
  const TimeWindow whole{at("2025-01-01 00:00:00"), at("2025-01-20 11:59:59")};
  const std::vector<TimeWindow> windows = tiled(whole, std::chrono::days(7));
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows.front().from, whole.from);
  EXPECT_EQ(windows.back().upto, whole.upto);
  for (std::size_t i = 1; i < windows.size(); ++i)
    EXPECT_EQ(windows[i].from, windows[i - 1].upto + std::chrono::seconds(1));
  for (const TimeWindow& window : windows) EXPECT_LE(window.length(), std::chrono::days(7));
}

TEST(TimeWindow, OneSecondIsOneWindow) {
  const TimeWindow second{at("2025-01-01 08:00:00"), at("2025-01-01 08:00:00")};
  EXPECT_EQ(tiled(second, std::chrono::days(7)), std::vector{second});
  EXPECT_EQ(second.length(), std::chrono::seconds(1));
}

TEST(TimeWindow, AnEmptyOneHasNoWindows) {
  EXPECT_TRUE(tiled({at("2025-01-02"), at("2025-01-01")}, std::chrono::days(7)).empty());
}

TEST(TimeWindow, WithoutHolesItIsWhatLiesBetweenThem) {
  const TimeWindow day{at("2025-01-01 00:00:00"), at("2025-01-01 23:59:59")};
  EXPECT_EQ(without(day, {}), std::vector{day});
  const std::vector<TimeWindow> holes = {{at("2025-01-01 12:00:00"), at("2025-01-01 12:00:00")},
                                         {at("2024-12-31 00:00:00"), at("2025-01-01 05:59:59")},
                                         {at("2025-01-01 11:59:00"), at("2025-01-01 12:00:00")},
                                         {at("2025-01-02 00:00:00"), at("2025-01-03 00:00:00")}};
  EXPECT_EQ(without(day, holes),
            (std::vector<TimeWindow>{{at("2025-01-01 06:00:00"), at("2025-01-01 11:58:59")},
                                     {at("2025-01-01 12:00:01"), at("2025-01-01 23:59:59")}}));
  EXPECT_TRUE(without(day, std::vector{day}).empty());
}

TEST(TimeWindow, HalvesTileIt) {
  for (const int seconds : {2, 3, 7, 86'400}) {
    const std::chrono::seconds length(seconds);
    const TimeWindow window{at("2025-01-01"), at("2025-01-01") + length - std::chrono::seconds(1)};
    const auto [first, second] = window.halves();
    EXPECT_EQ(first.from, window.from);
    EXPECT_EQ(second.upto, window.upto);
    EXPECT_EQ(second.from, first.upto + std::chrono::seconds(1));
    EXPECT_FALSE(first.empty());
    EXPECT_FALSE(second.empty());
  }
}

}  // namespace
}  // namespace tidemark::load
