#include "run/figures.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tidemark::run {
namespace {

using namespace std::chrono_literals;

TEST(Figures, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(52'480), "52,480");
  EXPECT_EQ(count_text(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Figures, Bytes) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(123'456'789), "117.7 MiB");
  EXPECT_EQ(bytes_text(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "16.0 EiB");
}

TEST(Figures, Timers) {
  EXPECT_EQ(timer_text(0ms), "00:00");
  EXPECT_EQ(timer_text(12'999ms), "00:12");
  EXPECT_EQ(timer_text(1h + 2min + 3s), "1:02:03");
  EXPECT_EQ(timer_text(49h), "49:00:00");
}

TEST(Figures, Durations) {
  EXPECT_EQ(duration_text(412ms, Language::english), "0.4 s");
  EXPECT_EQ(duration_text(12s, Language::english), "12 s");
  EXPECT_EQ(duration_text(930s, Language::chinese), "15分30秒");
  EXPECT_EQ(duration_text(59'600ms, Language::english), "1 min 0 s");
  EXPECT_EQ(duration_text(2h + 5min, Language::chinese), "2小时5分");
  EXPECT_EQ(duration_text(47h + 59min, Language::english), "47 h 59 min");
  EXPECT_EQ(duration_text(16'001h, Language::english), "666 d 17 h");
  EXPECT_EQ(duration_text(49h, Language::chinese), "2天1小时");
}

TEST(Figures, Rates) {
  EXPECT_EQ(rate_text(0.5234), "0.52/s");
  EXPECT_EQ(rate_text(9.999), "10/s");
  EXPECT_EQ(rate_text(1968.4), "1,968/s");
}

}  // namespace
}  // namespace tidemark::run
