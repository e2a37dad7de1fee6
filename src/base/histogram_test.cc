#include "base/histogram.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using namespace std::chrono_literals;

constexpr std::array<double, 3> seconds = {0.005, 1, 3'600};
using Durations = Histogram<seconds>;

TEST(Histogram, ABucketHoldsWhatIsNotAboveItsBound) {
  Durations histogram;
  histogram.add(5ms);
  histogram.add(5ms + 1us);
  histogram.add(-3s);
  histogram.add(100h);
  EXPECT_EQ(histogram.counts().at(0), 2U);
  EXPECT_EQ(histogram.counts().at(1), 1U);
  EXPECT_EQ(histogram.counts().back(), 1U);
  EXPECT_EQ(histogram.sum(), 100h + 10ms + 1us);
}

TEST(Histogram, AddsUp) {
  Durations sum;
  Durations more;
  sum.add(1ms);
  more.add(1ms);
  more.add(2s);
  sum.add(more);
  EXPECT_EQ(sum.counts().at(0), 2U);
  EXPECT_EQ(sum.counts().at(2), 1U);
  EXPECT_EQ(sum.sum(), 2s + 2ms);
}

}  // namespace
}  // namespace tidemark
